/**
 * A thread of a core pool: opens the plugins it is told of, and answers one call at a time, each in a fresh instance.
 */
import { setTimeout as delay } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";

import { Fault } from "../../fault.ts";
import { openPlugin } from "../open.node.ts";
import { readPackage } from "../package/package.node.ts";
import type { InstanceOptions, Plugin } from "../plugin.ts";
import { faultData, type CallMessage, type PackageRef, type ThreadMessage, type ThreadSetup } from "./protocol.ts";
import { decodeTransfer, encodeTransfer } from "./transfer.ts";

const { cacheFolder } = workerData as ThreadSetup;
const plugins = new Map<string, Promise<Plugin>>();

parentPort?.on("message", (message: CallMessage) => void answer(message));

async function answer(message: CallMessage): Promise<void> {
  try {
    const { value, transfer } = await call(message);
    send({ kind: "answer", value }, transfer);
  } catch (thrown) {
    send({ kind: "fault", fault: faultData(thrown) });
  }
}

async function call(message: CallMessage): Promise<{ value: unknown; transfer: readonly ArrayBuffer[] }> {
  const plugin = await pluginOf(message.ref);
  await using instance = await plugin.instantiate(optionsOf(message));
  const value = encodeTransfer(await instance.call(message.fn, message.args.map(decodeTransfer)));
  const owned = ArrayBuffer.isView(value) && value.buffer instanceof ArrayBuffer ? [value.buffer] : [];
  return { value, transfer: owned };
}

function optionsOf({ seed, now }: CallMessage): InstanceOptions {
  return {
    id: 1,
    imports: new Map(),
    seed,
    now: () => now,
    log: (line) => send({ kind: "log", line }),
    sleep: (milliseconds) => delay(milliseconds),
  };
}

/** A plugin is opened once per thread and lives as long as the thread does. */
function pluginOf(ref: PackageRef): Promise<Plugin> {
  const key = `${ref.digest} ${ref.place}`;
  const known = plugins.get(key);
  if (known !== undefined) return known;
  const opened = open(ref);
  plugins.set(key, opened);
  opened.catch(() => plugins.delete(key));
  return opened;
}

async function open({ place, digest }: PackageRef): Promise<Plugin> {
  const plugin = await openPlugin(await readPackage(place), { cacheFolder });
  if (plugin.digest === digest) return plugin;
  await plugin[Symbol.asyncDispose]();
  throw new Fault("package-changed", `${place} changed while the program was running`);
}

function send(message: ThreadMessage, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, [...transfer]);
}
