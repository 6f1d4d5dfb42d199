/** The daemon of a command's store, when there is one. */
import { Fault } from "../fault.ts";
import { nearest } from "../lang/nearest.ts";
import { findDaemon } from "../daemon/client.node.ts";
import type { Answered, AskOptions, DaemonClient } from "../daemon/client.node.ts";
import type { RunInfo } from "../engine/embedding/runs.ts";
import type { Invocation } from "./arguments.ts";
import { storeOf } from "./store-file.node.ts";
import type { Terminal } from "./terminal.node.ts";

/** Null when no daemon owns the store: then a command works on the file itself. */
export async function daemonOf(invocation: Invocation, terminal: Terminal): Promise<DaemonClient | null> {
  const client = await findDaemon(storeOf(invocation));
  if (client !== null) client.onWarning = (text) => terminal.warn(`warning: ${text}`);
  return client;
}

/** @throws {Fault} `no-daemon` */
export async function needDaemon(invocation: Invocation, terminal: Terminal): Promise<DaemonClient> {
  const client = await daemonOf(invocation, terminal);
  if (client !== null) return client;
  throw new Fault("no-daemon", `No daemon owns ${storeOf(invocation)}`, {
    hint: `\`${startCommand(invocation)}\` starts one`,
  });
}

function startCommand(invocation: Invocation): string {
  const store = invocation.value("store");
  return store === undefined ? "sennit daemon start" : `sennit daemon start --store ${store}`;
}

/** Asks about a run: an id that is unknown gets the nearest one as its hint. */
export async function askRun(
  client: DaemonClient,
  method: string,
  id: string,
  rest: string,
  options: AskOptions = {},
): Promise<Answered> {
  try {
    return await client.ask(method, `/v1/runs/${encodeURIComponent(id)}${rest}`, options);
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code !== "unknown-run") throw thrown;
    const { runs } = await client.ask("GET", "/v1/runs?limit=1000");
    throw unknownAmong(id, runs as readonly RunInfo[]);
  }
}

export function unknownAmong(id: string, runs: readonly Pick<RunInfo, "id">[]): Fault {
  const close = nearest(
    id,
    runs.map((run) => run.id),
  );
  return new Fault("unknown-run", `The store has no run ${id}`, {
    hint: close === undefined ? "`sennit ps` lists its runs" : `Did you mean \`${close}\`?`,
  });
}
