/** The questions of one worker's runs, by their numbers there: what is performed for each, and who gets its answer. */
import type { Reader } from "../../host/remote/frames/reader.ts";
import type { KeptQuestion, Performing } from "./again/kept-question.ts";
import { Effects, type Perform } from "./effects.ts";
import { CHILD_RUN, FORK, SHELL } from "./said/frames.ts";
import type { ToWorker } from "./said/messages.ts";
import type { Running } from "./running.ts";
import { HEAD } from "./said/shown.ts";
import { readStored } from "./stored/answering.ts";

/** Before what a question asks: its head and the number of its run. */
const BEFORE: number = HEAD + 4;

export class Questions {
  readonly #post: (message: ToWorker) => void;
  readonly #effects = new Effects();
  readonly #open = new Map<number, KeptQuestion>();

  constructor(post: (message: ToWorker) => void) {
    this.#post = post;
  }

  /** @param reader stands behind the number of the run @throws {Broken} @throws {Fault} `run-lost`, `malformed` */
  asked(number: number, run: Running, frame: Uint8Array<ArrayBuffer>, reader: Reader): void {
    const kind = frame[0] as number;
    const perform = this.#read(kind, run, reader);
    this.#effects.opens(number, frame.length, kind === CHILD_RUN);
    const question = run.kept.asks(kind, frame.subarray(BEFORE));
    this.#open.set(number, question);
    const answer = (bytes: Uint8Array<ArrayBuffer>): void => {
      this.#effects.closes(number);
      this.#open.delete(number);
      this.#post({ kind: "answer", question: number, bytes });
    };
    question.ask(answer, (answered): Performing => {
      const performing = this.#effects.perform(kind, number, perform, answered);
      return kind === CHILD_RUN ? { ...performing, end: () => stopAll(run) } : performing;
    });
  }

  giveUp(number: number): void {
    this.#open.get(number)?.giveUp();
  }

  #read(kind: number, run: Running, reader: Reader): Perform {
    if (kind === SHELL || kind === FORK) return this.#effects.read(kind, run, reader);
    return readStored(kind, run, reader);
  }
}

/** A run that stops leaves those that it spawned as they are. */
function stopAll({ childStops }: Running): void {
  for (const stop of childStops.values()) stop.abort();
}
