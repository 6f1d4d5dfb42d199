/**
 * The run worker's side: opens programs and runs them with the ordinary VM and hosts (D12).
 *
 *   W1  Here is nothing that could grant anything: what leaves a run is asked of the engine, which judges it.
 *   W2  Every run has an instance group of its own; programs are shared by their runs.
 *   W3  What a run asks for leaves after what it has shown before.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers/promises";
import { Fault } from "../../../fault.ts";
import { FLIGHT } from "../../../host/keeper/flight.ts";
import type { PackageFiles } from "../../../host/manifest.ts";
import type { Plugin } from "../../../host/plugin.ts";
import { argumentsCodec, codecOrNothing } from "../../../host/remote/frames/codec.ts";
import { readFault, writeFault } from "../../../host/remote/frames/fault-data.ts";
import { FAILED, MOST_BYTES, OK } from "../../../host/remote/frames/kinds.ts";
import { filesOf } from "../../../host/remote/frames/parcel.ts";
import { Reader } from "../../../host/remote/frames/reader.ts";
import { type HandleMap, Writer } from "../../../host/remote/frames/writer.ts";
import { decodeIr } from "../../../lang/ir/ir-codec.ts";
import { ByteReader } from "../../../lang/ir/ir-bytes.ts";
import { readValues } from "../../../lang/ir/ir-values.ts";
import type { Type } from "../../../lang/types.ts";
import { LiftBudget } from "../../../wit/budget.ts";
import { functionOf, type FunctionKey } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";
import { wallClock } from "../../platform/clock.ts";
import { ValueBytes } from "../../durable/value-bytes.ts";
import type { LoadedPackage, LoadedProgram } from "../../load/loaded.ts";
import type { Clock, ForkOptions, RunPorts } from "../../platform/ports.ts";
import { execute } from "../../loop/run.ts";
import type { RunOptions, RunResult } from "../../loop/run-options.ts";
import { CANCEL, Gate } from "../again/gate.ts";
import { otherwise } from "../again/otherwise.ts";
import { type Own, ownOf } from "../again/own.ts";
import { Asks } from "./asks.ts";
import { Connections } from "./connections.ts";
import { writeBroke, writeEnding } from "../said/endings.ts";
import * as frames from "../said/frames.ts";
import { insidePlugin, outsidePlugin } from "./inside.node.ts";
import type { PackageMessage, ToWorker } from "../said/messages.ts";
import { Outbox } from "./outbox.ts";
import { frameChildren } from "../stored/frame-children.ts";
import { FrameLog } from "../stored/frame-log.ts";
import { writeResult } from "../stored/results.ts";
import { webhookOf } from "../stored/webhook.ts";
import { numbered } from "../stored/wire.ts";
import { readShellResult, writeFork, writeShell } from "../said/questions.ts";

export interface WorkerParts {
  readonly post: (frame: Uint8Array<ArrayBuffer>) => void;
  /** The flight recorder's words. */
  readonly flight: Int32Array;
  /** Reads the code of the hosts. */
  readonly warm: () => Promise<unknown>;
  /** Opens a package with the host of its language. */
  readonly open: (files: PackageFiles) => Promise<Plugin>;
}

interface Program {
  readonly ir: LoadedProgram["ir"];
  readonly result: Type;
  readonly limits: LoadedProgram["limits"];
  readonly packages: readonly PackageMessage[];
  /** By package; undefined for those outside. */
  readonly plugins: readonly (Plugin | undefined)[];
}

/** A run, and how it ends before its end. */
interface Going {
  readonly own: Own;
  readonly log: FrameLog | null;
  readonly cancel: AbortController;
  readonly stop: AbortController;
}

type Message<Kind> = Extract<ToWorker, { readonly kind: Kind }>;

const UNLIMITED = { nodes: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

/** Resources belong to their instance. */
const STAYING: HandleMap = {
  give: () => {
    throw new Fault("not-transferable", "A resource cannot go to another core", {
      hint: "Pass plain values to `=f=` calls.",
    });
  },
  take: () => {
    throw new Fault("not-transferable", "A resource came from another core");
  },
};

export class RunWorker {
  readonly #parts: WorkerParts;
  readonly #outbox: Outbox;
  readonly #writer = new Writer(STAYING);
  readonly #reader = new Reader(STAYING, new LiftBudget(UNLIMITED));
  readonly #asks: Asks;
  readonly #connections: Connections;
  readonly #programs = new Map<number, Program>();
  readonly #runs = new Map<number, Going>();

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#outbox = new Outbox(parts.post);
    this.#asks = new Asks(this.#writer, this.#reader);
    this.#connections = new Connections(this.#writer);
  }

  receive(message: ToWorker): void {
    switch (message.kind) {
      case "open":
        return void this.#open(message);
      case "warm":
        return void this.#parts.warm();
      case "close":
        return void this.#close(message.program);
      case "run":
        return void this.#run(message);
      case "cancel":
        return this.#cancel(message.run);
      case "stop":
        return this.#runs.get(message.run)?.stop.abort();
      case "durable":
        return this.#runs.get(message.run)?.log?.grown(message.lsn);
      case "log-lost":
        return this.#runs.get(message.run)?.log?.isLost(this.#reader, message.fault);
      case "answer":
        return this.#asks.answered(message.question, message.bytes);
      case "credit":
        return this.#outbox.granted(message.bytes);
      case "frame":
        return this.#connections.received(message.connection, message.bytes);
      case "gone":
        return this.#connections.gone(message.connection, message.ended);
      case "python":
        return this.#connections.python(message.connection, message.port, message.stops);
      case "no-python":
        return this.#connections.noPython(message.connection, this.#faultOf(message.fault));
      case "python-gone":
        return this.#connections.pythonGone(message.connection, message.error);
      case "ping":
        return this.#outbox.sendNow(this.#writer.start(frames.BEAT, message.number).finish());
    }
  }

  async #open({ program, ir, result, limits, packages }: Message<"open">): Promise<void> {
    const plugins: (Plugin | undefined)[] = [];
    try {
      for (const { place } of packages) {
        plugins.push(place.kind === "inside" ? await this.#parts.open(filesOf(place.parcel)) : undefined);
      }
      this.#programs.set(program, { ir: decodeIr(ir), result, limits, packages, plugins });
      this.#writer.start(frames.OPENED, program).u8(OK);
    } catch (thrown) {
      await disposeAll(plugins);
      this.#writer.start(frames.OPENED, program).u8(FAILED);
      this.#writer.u32(plugins.length);
      writeFault(this.#writer, thrown, "plugin-trapped");
    }
    this.#outbox.send(this.#writer.finish());
  }

  async #close(number: number): Promise<void> {
    const program = this.#programs.get(number);
    this.#programs.delete(number);
    await disposeAll(program?.plugins ?? []);
  }

  #cancel(run: number): void {
    const going = this.#runs.get(run);
    going?.own.gate.event(CANCEL, () => going.cancel.abort());
  }

  #begin({ run, tape, stored }: Message<"run">): Going {
    const stop = new AbortController();
    const gate = new Gate({ tape, now: wallClock.now, stalled: () => stop.abort() });
    const own = ownOf(run, gate, this.#outbox, this.#writer);
    const parts = { run, asks: this.#asks, outbox: this.#outbox, writer: this.#writer };
    const log = stored === null ? null : new FrameLog({ ...parts, start: stored });
    const going = { own, log, cancel: new AbortController(), stop };
    this.#runs.set(run, going);
    return going;
  }

  async #run(message: Message<"run">): Promise<void> {
    const { run, id, seed, oneByOne } = message;
    const program = this.#programs.get(message.program) as Program; // the engine opened it
    const { own, log, cancel, stop } = this.#begin(message);
    const grants = { allowsCommand: () => true }; // W1
    let frame: Uint8Array<ArrayBuffer>;
    try {
      const loaded = this.#loaded(program, own);
      const args = valuesOf(message.args, program.ir.types.length);
      const ports = this.#portsOf(program, own, message.webhook);
      const signals = { signal: cancel.signal, stop: stop.signal };
      const options = { id, seed, oneByOne, grants, ...signals, ...this.#storedOptions(program, log, message) };
      const result = await execute(loaded, message.fn, args, ports, options);
      frame = this.#ending(message, program, result);
    } catch (thrown) {
      const isStalled = log === null && thrown instanceof Fault && thrown.code === "stopped";
      writeBroke(this.#writer.start(frames.ENDED, run), isStalled ? otherwise("it waits for what then came") : thrown);
      frame = this.#writer.finish();
    }
    own.send(frame);
    this.#runs.delete(run);
    this.#connections.forget(own);
    own.gate[Symbol.dispose]();
  }

  #storedOptions({ ir }: Program, log: FrameLog | null, { run, stored }: Message<"run">): Partial<RunOptions> {
    if (stored === null || log === null) return {};
    const { entries, snapshot, bytes, hasChildren, sleep, keep, snapshotAfter, rebuildDeadline } = stored;
    const journal = {
      port: log,
      entries: numbered(entries),
      snapshot: snapshot ?? undefined,
      bytes: bytes ?? undefined,
    };
    const parts = { run, ir, asks: this.#asks, outbox: this.#outbox, writer: this.#writer };
    const children = hasChildren ? frameChildren(parts) : undefined;
    const deadline = rebuildDeadline === undefined ? {} : { rebuildDeadline };
    return { journal, children, sleep, keep, snapshotAfter, ...deadline };
  }

  #ending(
    { run, fn, stored }: Message<"run">,
    { result: type, ir }: Program,
    result: RunResult,
  ): Uint8Array<ArrayBuffer> {
    const writer = this.#writer.start(frames.ENDED, run);
    if (stored !== null && fn !== 0) writeResult(writer, result, new ValueBytes(ir));
    else writeEnding(writer, result, type, ir.types);
    const frame = this.#writer.finish();
    if (frame.length <= MOST_BYTES) return frame;
    throw new Fault("value-too-large", `The program's value has ${frame.length} bytes`);
  }

  /** The program as one run has it. */
  #loaded({ ir, result, limits, packages, plugins }: Program, own: Own): LoadedProgram {
    const { gate } = own;
    const turn = (): void => this.#turn(own.run);
    const all = packages.map(({ name, imports, granted, place }, at): LoadedPackage => {
      const inside = plugins[at];
      const plugin =
        place.kind === "outside"
          ? outsidePlugin(place, at, own, this.#connections)
          : insidePlugin(inside as Plugin, at, { turn, words: this.#parts.flight, gate });
      return { name, use: null, plugin, imports, granted };
    });
    const dispose = (): Promise<void> => Promise.resolve();
    const limited = limits === undefined ? {} : { limits };
    return { ir, params: [], result, packages: all, ...limited, [Symbol.asyncDispose]: dispose };
  }

  #portsOf(program: Program, own: Own, webhook: string | null): RunPorts {
    const outbox = this.#outbox;
    const { run, gate, send } = own;
    return {
      clock: clockOf(gate),
      shell: {
        run: (commands, input, signal) => {
          const write = (to: Writer): void => (to.u32(run), writeShell(to, { commands, input }));
          return gate.async(this.#asks.ask({ kind: frames.SHELL, write, read: readShellResult, signal, send }));
        },
      },
      fork: (pack, fn, args, options) => gate.async(this.#fork(program, own, pack, fn, args, options)),
      chain: () => AsyncLocalStorage.snapshot(),
      follow: (event) => {
        const tape = gate.take();
        if (tape !== null) outbox.tape(run, tape);
        outbox.show(run, event);
      },
      isCrowded: () => gate.crowded(outbox.crowded),
      breathe: () => gate.async(breath(outbox)),
      turn: () => this.#turn(run),
      ...(webhook === null ? {} : { webhook: webhookOf(webhook) }),
    };
  }

  #fork(
    { packages, plugins }: Program,
    { run, send }: Own,
    pack: number,
    fn: FunctionKey,
    args: readonly Value[],
    { seed, signal }: ForkOptions,
  ): Promise<Value> {
    const place = packages[pack]?.place;
    const world = place?.kind === "outside" ? place.world : plugins[pack]?.world;
    const type = world === undefined ? undefined : functionOf(world.exports, fn);
    const write = (to: Writer): void => {
      to.u32(run);
      writeFork(to, { package: pack, function: fn, seed });
      if (type !== undefined) argumentsCodec(type).write(to, args);
    };
    const { read } = codecOrNothing(type?.result ?? null);
    return this.#asks.ask({ kind: frames.FORK, write, read, signal, send });
  }

  #faultOf(bytes: Uint8Array<ArrayBuffer>): Fault {
    this.#reader.open(bytes);
    return readFault(this.#reader, null);
  }

  #turn(run: number): void {
    Atomics.store(this.#parts.flight, FLIGHT.run, run);
  }
}

/** Its waits end when they would have ended then. */
function clockOf(gate: Gate): Clock {
  return {
    now: () => gate.read(),
    sleep: (milliseconds, signal) => {
      const left = gate.read() + milliseconds - wallClock.now();
      return gate.async(wallClock.sleep(left, signal));
    },
  };
}

async function breath(outbox: Outbox): Promise<void> {
  await setImmediate();
  await outbox.relief();
}

async function disposeAll(plugins: readonly (Plugin | undefined)[]): Promise<void> {
  for (const plugin of plugins) await plugin?.[Symbol.asyncDispose]();
}

/** One list. */
function valuesOf(bytes: Uint8Array, types: number): readonly Value[] {
  const reader = new ByteReader(bytes);
  const nodes = readValues(reader, { types, captures: () => undefined });
  return nodes[reader.index(nodes.length, "the arguments")] as readonly Value[];
}
