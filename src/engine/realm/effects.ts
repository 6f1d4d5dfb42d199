/**
 * What a run in a worker asks of the engine, performed with the ports of that run and judged by its grants.
 *
 *   F1  Every command is checked here, whatever the worker checked.
 *   F2  So many questions may be open at once, of so many bytes; a number is open once.
 *   F3  What goes on for a question ends when it is given up, at the latest with its run (`again/kept.ts`).
 */
import { Defect, Fault } from "../../fault.ts";
import type { LogLine } from "../../host/plugin.ts";
import { argumentsCodec, codecOrNothing } from "../../host/remote/frames/codec.ts";
import { writeFault } from "../../host/remote/frames/fault-data.ts";
import { FAILED, MOST_BYTES, OK } from "../../host/remote/frames/kinds.ts";
import { Broken, type Reader } from "../../host/remote/frames/reader.ts";
import { bounded } from "../../host/remote/frames/bounded.ts";
import { type HandleMap, Writer } from "../../host/remote/frames/writer.ts";
import { functionOf } from "../../wit/types.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import type { RunPorts, ShellResult } from "../platform/ports.ts";
import type { RunOptions } from "../loop/run-options.ts";
import type { Performing } from "./again/kept-question.ts";
import { MOST_ASKED, MOST_CHILDREN, SHELL } from "./said/frames.ts";
import { readFork, readShell, type ShellQuestion, writeShellResult } from "./said/questions.ts";
import type { StoredRun } from "./stored/stored-run.ts";

/** Whose question it is. */
export interface Asker {
  readonly program: LoadedProgram;
  readonly ports: RunPorts;
  readonly options: RunOptions;
  /** The log of the run, which says when a command may be run, and remembers its answer. */
  readonly stored?: Pick<StoredRun, "command"> | null;
}

export type Perform = (signal: AbortSignal) => Promise<(to: Writer) => void>;
type Answer = (bytes: Uint8Array<ArrayBuffer>) => void;

const STAYING: HandleMap = {
  give: () => {
    throw new Fault("not-transferable", "A resource cannot go to another core", {
      hint: "Pass plain values to `=f=` calls.",
    });
  },
  take: () => {
    throw new Broken("a resource where there are none");
  },
};

export class Effects {
  readonly #writer = new Writer(STAYING);
  /** Bytes by number. */
  readonly #open = new Map<number, number>();
  /** Those that are answered when a run is over. */
  readonly #long = new Set<number>();
  #bytes = 0;

  /** F2. @throws {Broken} */
  opens(number: number, bytes: number, isLong = false): void {
    if (this.#open.has(number)) throw new Broken(`question ${number} twice`);
    if (isLong ? this.#long.size >= MOST_CHILDREN : this.#open.size - this.#long.size >= MOST_ASKED)
      throw new Broken("too many questions at once");
    if (this.#bytes + bytes > 2 * MOST_BYTES) throw new Broken("too many bytes of questions at once");
    this.#bytes += bytes;
    this.#open.set(number, bytes);
    if (isLong) this.#long.add(number);
  }

  /** It was answered. */
  closes(number: number): void {
    this.#bytes -= this.#open.get(number) ?? 0;
    this.#open.delete(number);
    this.#long.delete(number);
  }

  /** What a question asks for. @param from stands after the number of the run @throws {Broken} */
  read(kind: number, asker: Asker, from: Reader): Perform {
    const perform = kind === SHELL ? shell(from, asker) : fork(from, asker);
    from.close();
    return perform;
  }

  perform(kind: number, number: number, perform: Perform, answer: Answer): Performing {
    const controller = new AbortController();
    const done = this.#perform(kind, number, perform, controller.signal).then(answer);
    return { giveUp: () => controller.abort(), done };
  }

  async #perform(
    kind: number,
    number: number,
    perform: Perform,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    try {
      const write = await perform(signal);
      const writer = this.#writer.start(kind, number);
      writer.u8(OK);
      write(writer);
      return bounded(writer.finish());
    } catch (thrown) {
      if (thrown instanceof Defect) throw thrown;
      const writer = this.#writer.start(kind, number);
      writer.u8(FAILED);
      writeFault(writer, thrown, "cancelled");
      return writer.finish();
    }
  }
}

function shell(from: Reader, asker: Asker): Perform {
  const question = readShell(from);
  return async (signal) => {
    const work = (): Promise<ShellResult> => runCommands(question, asker, signal);
    const result = await (asker.stored?.command(question, work) ?? work());
    return (to) => writeShellResult(to, result);
  };
}

/** F1. @throws {Fault} */
export async function runCommands(
  { commands, input }: ShellQuestion,
  { ports, options }: Asker,
  signal: AbortSignal,
): Promise<ShellResult> {
  if (ports.shell === null) throw new Fault("denied", "This platform has no shell");
  for (const [command = ""] of commands) refuseUngranted(command, options);
  return await ports.shell.run(commands, input, signal);
}

function refuseUngranted(command: string, { grants }: RunOptions): void {
  if (grants.allowsCommand(command)) return;
  throw new Fault("denied", `Running \`${command}\` was not granted`, { hint: `Add \`--grant run:${command}\`` });
}

function fork(from: Reader, { program, ports }: Asker): Perform {
  const question = readFork(from);
  const pack = program.packages[question.package];
  if (pack === undefined) throw new Broken(`there is no package ${question.package}`);
  const type = functionOf(pack.plugin.world.exports, question.function);
  const args = type === undefined ? [] : argumentsCodec(type).read(from);
  return async (signal) => {
    if (ports.fork === null) throw new Fault("needs-workers", "This platform has no other core to call on");
    const { seed } = question;
    const log = ({ level, text }: LogLine): void => {
      if (pack.granted.log) ports.follow({ kind: "log", level, source: pack.name, text });
    };
    const value = await ports.fork(question.package, question.function, args, { seed, signal, log });
    return (to) => codecOrNothing(type?.result ?? null).write(to, value);
  };
}
