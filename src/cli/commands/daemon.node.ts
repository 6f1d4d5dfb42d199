/** `sennit daemon start`, `stop` and `status`. */
import { Defect, Fault } from "../../fault.ts";
import { startInBackground } from "../../daemon/background.node.ts";
import { findDaemon } from "../../daemon/client.node.ts";
import type { DaemonClient } from "../../daemon/client.node.ts";
import { logFile, makeFolderOf } from "../../daemon/place.node.ts";
import type { Invocation } from "../arguments.ts";
import { harmless } from "../harmless.ts";
import { toJson } from "../json.ts";
import { storeOf } from "../store-file.node.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";

export async function startCommand(invocation: Invocation): Promise<number> {
  const store = storeOf(invocation);
  const there = await findDaemon(store);
  if (there !== null) {
    if (invocation.has("foreground"))
      throw new Fault("daemon-running", `A daemon owns ${store} already`, { hint: there.url });
    return say(invocation, { running: true, url: there.url, pid: there.place.pid, store }, "runs already");
  }
  makeFolderOf(store);
  if (invocation.has("foreground"))
    return await (await import("./daemon-foreground.node.ts")).inForeground(store, invocation); // it alone needs the engine
  return await startHere(store, invocation);
}

async function startHere(store: string, invocation: Invocation): Promise<number> {
  const [, script] = process.argv;
  if (script === undefined) throw new Defect("a command line without a script");
  try {
    const told = await startInBackground(store, [
      script,
      "daemon",
      "start",
      "--foreground",
      ...flags(store, invocation),
    ]);
    return say(invocation, { running: true, url: told.url, pid: told.pid, store }, "started");
  } catch (thrown) {
    // Somebody else may have started one in the meantime.
    const other = thrown instanceof Fault && thrown.code === "store-locked" ? await findDaemon(store) : null;
    if (other === null) throw thrown;
    return say(invocation, { running: true, url: other.url, pid: other.place.pid, store }, "runs already");
  }
}

function flags(store: string, invocation: Invocation): readonly string[] {
  const given = (name: string): readonly string[] => invocation.values(name).flatMap((value) => [`--${name}`, value]);
  return ["--store", store, ...["port", "public-url", "grant", "otlp", "keep", "history", "isolation"].flatMap(given)];
}

function say(
  invocation: Invocation,
  found: { readonly running: true; readonly url: string; readonly pid: number; readonly store: string },
  what: string,
): number {
  const { url, pid, store } = found;
  const text = `the daemon ${what}: ${url}, process ${pid}\nstore ${store}\nlog   ${logFile(store)}`;
  process.stdout.write(`${invocation.has("json") ? toJson(found) : harmless(text)}\n`);
  return EXIT.done;
}

export async function stopCommand(invocation: Invocation): Promise<number> {
  const store = storeOf(invocation);
  const client = await findDaemon(store);
  if (client === null) return tell(invocation, { stopped: false }, `no daemon owns ${store}`);
  await untilGone(client);
  return tell(invocation, { stopped: true }, "the daemon has stopped; its runs stay where they are");
}

/** The connection closes when all is closed: then the store is free. */
async function untilGone(client: DaemonClient): Promise<void> {
  try {
    for await (const line of client.lines("/v1/stop", { method: "POST" })) void line;
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code !== "daemon-lost") throw thrown;
  }
}

export async function statusCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const store = storeOf(invocation);
  const client = await findDaemon(store);
  if (client === null) {
    tell(invocation, { running: false, store }, `no daemon owns ${store}`);
    return EXIT.failed;
  }
  client.onWarning = (text) => terminal.warn(`warning: ${text}`);
  const { warnings: _, ...status } = await client.ask("GET", "/v1/status");
  const { url, pid, started, version: of, stale } = status;
  const lines = [
    `daemon    ${String(url)}, process ${String(pid)}, sennit ${String(of)}`,
    `store     ${store}`,
    `log       ${logFile(store)}`,
    `started   ${new Date(Number(started)).toISOString().slice(0, 19).replace("T", " ")}`,
    `changed   ${(stale as readonly string[]).join(", ") || "no package since it was read"}`,
  ];
  return tell(invocation, { running: true, ...status }, lines.join("\n"));
}

export async function reloadCommand(invocation: Invocation): Promise<number> {
  const client = await findDaemon(storeOf(invocation));
  if (client === null)
    throw new Fault("no-daemon", `No daemon owns ${storeOf(invocation)}`, {
      hint: "A program is read anew by every `run`.",
    });
  const { changed } = await client.ask("POST", "/v1/reload");
  const names = changed as readonly string[];
  const text = names.length === 0 ? "nothing has changed" : `new runs take ${names.join(", ")} as on disk`;
  return tell(invocation, { changed: names }, text);
}

function tell(invocation: Invocation, data: unknown, text: string): number {
  process.stdout.write(`${invocation.has("json") ? toJson(data) : harmless(text)}\n`);
  return EXIT.done;
}
