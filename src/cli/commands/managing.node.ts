/** `sennit wait`, `cancel`, `pause`, `retry` and `remove`: runs of a daemon, by their id. */
import type { RunInfo } from "../../engine/embedding/runs.ts";
import type { Invocation } from "../arguments.ts";
import { askRun, needDaemon } from "../daemon-client.node.ts";
import { Interrupt } from "../interrupt.node.ts";
import { jsonError, toJson } from "../json.ts";
import { Fault } from "../../fault.ts";
import { durationIn } from "../quantities.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { outcomeOf, refuseParked } from "./followed-run.node.ts";
import type { EndedData } from "./followed-run.node.ts";
import { onlyRun } from "../only-run.ts";

type Command = (invocation: Invocation, terminal: Terminal) => Promise<number>;

export const cancelCommand: Command = onRun("POST", "/cancel", (id) => `${id} is cancelled`);
export const pauseCommand: Command = onRun("POST", "/pause", (id) => `${id} is paused: \`sennit resume ${id}\``);
export const removeCommand: Command = onRun("DELETE", "", (id) => `${id} is deleted`);
/** The id is that of the run that goes on, which may be another. */
export const retryCommand: Command = onRun("POST", "/retry", (id) => `${id} goes on`);

function onRun(method: string, rest: string, done: (id: string) => string): Command {
  return async (invocation, terminal) => {
    const given = onlyRun(invocation);
    const client = await needDaemon(invocation, terminal);
    const { id } = await askRun(client, method, given, rest);
    if (invocation.has("json")) process.stdout.write(`${toJson({ id })}\n`);
    else terminal.print(done(String(id)));
    return EXIT.done;
  };
}

/** Seconds that one request waits: between two, it is looked whether the run is parked, and nobody waits for such a one. */
const TURN = 2;

export async function waitCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const id = onlyRun(invocation);
  const timeout = durationIn(invocation, "timeout") ?? Infinity;
  const client = await needDaemon(invocation, terminal);
  using interrupt = new Interrupt();
  const until = performance.now() + timeout;
  let ended: EndedData | null = null;
  for (let left = timeout; ended === null; left = until - performance.now()) {
    const seconds = Math.min(Math.max(left, 0) / 1000, TURN).toFixed(3);
    try {
      refuseParked((await askRun(client, "GET", id, "", { signal: interrupt.signal }))["run"] as RunInfo);
      const answer = await askRun(client, "GET", id, `/wait?timeout=${seconds}`, { signal: interrupt.signal });
      ended = answer["ended"] as EndedData | null;
    } catch (thrown) {
      if (interrupt.signal.aborted) return EXIT.interrupted; // the run goes on
      throw thrown;
    }
    if (left <= 0) break;
  }
  return tell(id, ended, invocation, terminal);
}

function tell(id: string, ended: EndedData | null, invocation: Invocation, terminal: Terminal): number {
  const isJson = invocation.has("json");
  if (ended === null) {
    if (isJson) process.stdout.write(`${toJson({ ok: false, id, error: null })}\n`);
    else terminal.warn(`${id} has not ended`);
    return EXIT.late;
  }
  try {
    const result = outcomeOf(ended);
    if (isJson) process.stdout.write(`${toJson({ ok: true, id, result })}\n`);
    else terminal.print(toJson(result));
    return EXIT.done;
  } catch (failure) {
    if (!isJson || !(failure instanceof Fault)) throw failure;
    process.stdout.write(`${toJson({ ok: false, id, error: jsonError(failure) })}\n`);
    return terminal.exitOf(failure);
  }
}
