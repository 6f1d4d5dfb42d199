/**
 * The engine's ends of a worker's connections: what is behind each is served here, or relayed.
 *
 *   L1  A connection belongs to a run and ends with it; what breaks its protocol ends the worker.
 *   L2  Only packages that are outside can be reached, each by its number in the run's own program.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { MessagePort } from "node:worker_threads";
import { Fault } from "../../../fault.ts";
import type { CallLimits } from "../../../host/meter/meter.ts";
import type { PythonPlugin } from "../../../host/python/plugin.node.ts";
import type { Plugin, Together } from "../../../host/plugin.ts";
import type { Ended } from "../../../host/remote/ways/channel.ts";
import { relayed } from "../../../host/remote/caller/plugin.node.ts";
import { writeFault } from "../../../host/remote/frames/fault-data.ts";
import { Broken } from "../../../host/remote/frames/reader.ts";
import { serveToStranger } from "../../../host/remote/server/serve.ts";
import type { Realm } from "../../../host/remote/server/serving.ts";
import { Writer } from "../../../host/remote/frames/writer.ts";
import type { Death, ToWorker } from "../said/messages.ts";
import { NO_HANDLES } from "../../../host/remote/frames/no-handles.ts";
import { isPython } from "../program.ts";
import { Relay } from "./relay.ts";

export interface Link {
  /** A frame of the worker's. @throws {Broken} */
  readonly receive: (frame: Uint8Array<ArrayBuffer>) => void;
  readonly close: () => Promise<void>;
}

export interface LinkParts {
  readonly plugin: Plugin;
  /** Of the run that it belongs to. */
  readonly together: Together;
  readonly limits: CallLimits;
  readonly post: (message: ToWorker, transfer: readonly MessagePort[]) => void;
  readonly connection: number;
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
  readonly gone: (ended: Ended) => void;
  readonly broke: (why: Broken) => void;
}

export function linkTo(parts: LinkParts): Link {
  if (isPython(parts.plugin)) return handing(parts.plugin, parts);
  return relayed(parts.plugin) === undefined ? serving(parts) : relaying(parts);
}

/** A Python worker gets a port to the run worker; it is started and ended here. */
function handing(plugin: PythonPlugin, { connection, together, limits, post }: LinkParts): Link {
  let isOpen = true;
  const coming = plugin.connect(together, limits).then(
    async ({ port, stops, gone, terminate }) => {
      if (isOpen) post({ kind: "python", connection, port, stops }, [port]);
      else await terminate();
      void gone.then((error) => {
        if (isOpen) post({ kind: "python-gone", connection, error: error === null ? null : deathOf(error) }, []);
      });
      return terminate;
    },
    (thrown: unknown) => {
      if (isOpen) post({ kind: "no-python", connection, fault: faultBytes(thrown) }, []);
      return undefined;
    },
  );
  return {
    receive: () => {
      throw new Broken("a frame for a Python worker, which has its own port");
    },
    close: async () => {
      isOpen = false;
      await (
        await coming
      )?.();
    },
  };
}

function deathOf(error: Error): Death {
  return { message: error.message, code: "code" in error ? String(error.code) : null };
}

/** Without a head. */
export function faultBytes(thrown: unknown): Uint8Array<ArrayBuffer> {
  const writer = new Writer(NO_HANDLES).start(0, 0);
  writeFault(writer, thrown, "plugin-trapped");
  return writer.finish().slice(5);
}

function serving({ plugin, together, send, broke }: LinkParts): Link {
  const storage = new AsyncLocalStorage<number>();
  const calls: Realm["calls"] = {
    run: (call, work) => storage.run(call, work),
    current: () => storage.getStore(),
  };
  return serveToStranger(asOneOf(plugin, together), send, calls, { broke });
}

/** The same package, whose instances are those of one run. */
function asOneOf(plugin: Plugin, together: Together): Plugin {
  return {
    manifest: plugin.manifest,
    world: plugin.world,
    digest: plugin.digest,
    instantiate: (options) => plugin.instantiate({ ...options, together }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function relaying({ plugin, send, gone }: LinkParts): Link {
  let relay: Relay | undefined;
  let isOpen = true;
  const early: Uint8Array<ArrayBuffer>[] = [];
  const coming = relayed(plugin)
    ?.relay()
    .then(async (channel) => {
      if (!isOpen) return await channel.kill();
      relay = new Relay({ channel, send, gone });
      for (const frame of early.splice(0)) relay.receive(frame);
    })
    .catch((thrown: unknown) => gone({ code: codeOf(thrown), why: thrown instanceof Error ? thrown.message : "" }));
  return {
    receive: (frame) => {
      if (relay !== undefined) relay.receive(frame);
      else if (early.length < MOST_EARLY) early.push(frame.slice());
    },
    close: async () => {
      isOpen = false;
      await relay?.close();
      await coming;
    },
  };
}

/** Frames before there is anybody to get them: a caller only starts, and waits. */
const MOST_EARLY = 4;

function codeOf(thrown: unknown): Ended["code"] {
  const code = thrown instanceof Fault ? thrown.code : "plugin-trapped";
  return code === "memory-limit" || code === "deadline-exceeded" ? code : "plugin-trapped";
}
