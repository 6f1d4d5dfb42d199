/**
 * Functions of the workflow that guests call, in a run with a log (HAZARDS 8; RECOVERY, "callback into the workflow").
 *
 *   K1  That one begins is a delivery: it is written (CB) when the program takes it up, while every branch waits, and a
 *       replay begins it there again. What it asks for has its own scope, and is recorded like everything else.
 *   K2  The n-th time that an attempt of a call calls back is one callback, however often the call is made again: it has the
 *       answer that is recorded (CBRET), or that of the program which is at it; else it begins.
 *   K3  A call that is made again to rebuild a state, or that was given up, begins nothing: what is not recorded is `cancelled`.
 *   K4  A guest that calls back otherwise than it did has `diverged`, and the run with it; a function from outside, alone.
 */
import { Fault } from "../../../fault.ts";
import type { Answer } from "../../../lang/effect.ts";
import type { Closure } from "../../../lang/value.ts";
import type { Value } from "../../../wit/value.ts";
import type { EntryOf } from "../../../journal/entry/entry.ts";
import { errorOf } from "../../guests/failure.ts";
import type { CallId } from "./call-id.ts";
import type { CallRecords } from "./call-records.ts";
import { callbackKey } from "../log/recorded.ts";
import type { CallbackName } from "../log/recorded.ts";
import { diverged } from "../log/diverged.ts";
import type { RunLog } from "../log/run-log.ts";

/** A callback that waits for the program to take it up. */
export interface Asked {
  readonly kind: "callback";
  /** The program takes it up, now. */
  readonly begin: () => void;
  /** It never will. */
  readonly refuse: () => void;
}

/** What callbacks need of the program. */
export interface CallbackProgram {
  /** Gives the program's name of it. @throws {Fault} */
  readonly start: (call: string, closure: Closure, args: readonly Value[]) => string;
  /** Something waits to be taken up, during the pending effect `call`. */
  readonly arrive: (call: CallId, asked: Asked) => void;
}

export interface Calling extends CallbackName {
  /** Which of the call's closures. */
  readonly closure: number;
  /** K3 */
  readonly isAgain: boolean;
  /** It is a function of the host or of the embedding program: nobody promised that it does again what it did. */
  readonly isOutside: boolean;
  /** Belongs to whatever the callback calls. */
  readonly inChain: InChain;
}

export type InChain = <T>(work: () => T) => T;

interface Open {
  readonly name: CallbackName;
  inChain: InChain;
  /** Who waits for it, when somebody does. */
  told: ((answer: Answer) => void) | null;
}

export class Callbacks {
  readonly #log: RunLog;
  readonly #records: CallRecords;
  readonly #program: CallbackProgram;
  /** What the program is at, by its own name. */
  readonly #open = new Map<string, Open>();
  readonly #names = new Map<string, string>();
  /** Answers that nobody has taken yet: the call is still to be made again. */
  readonly #answers = new Map<string, { readonly answer: Answer; readonly at: number }>();

  constructor(log: RunLog, records: CallRecords, program: CallbackProgram) {
    this.#log = log;
    this.#records = records;
    this.#program = program;
  }

  /** Whether the program is at any. */
  get isBusy(): boolean {
    return this.#open.size > 0;
  }

  /** The call that the program's callback of this name came out of; null when it is none. */
  callOf(id: string): string | null {
    return this.#open.get(id)?.name.eff ?? null;
  }

  chainOf(id: string): InChain | undefined {
    return this.#open.get(id)?.inChain;
  }

  /** A guest calls back. @throws {Fault} what the callback failed with */
  async call(calling: Calling, closure: Closure, args: readonly Value[]): Promise<Answer> {
    const key = callbackKey(calling);
    const { known } = this.#records;
    const before = known.callback(calling);
    if (before === undefined) return await this.#ask(calling, closure, args);
    this.#compare(before, calling, args);
    const returned = known.returned(calling);
    if (returned !== undefined)
      return this.#delivered(calling, this.#log.answerOf(returned.outcome, returned.value), returned.at);
    const answer = this.#answers.get(key);
    if (answer !== undefined) return this.#delivered(calling, answer.answer, answer.at);
    const open = this.#open.get(this.#names.get(key) ?? "");
    if (open === undefined || calling.isAgain) throw givenUp();
    open.inChain = calling.inChain;
    return await new Promise((resolve) => (open.told = resolve));
  }

  /** K1: begins one that was recorded as begun. */
  startAgain(entry: EntryOf<"CB">, closure: Closure | undefined): void {
    if (closure === undefined)
      throw diverged("a call with less functions", `a callback of the function ${entry.closure}`);
    this.#start(entry, closure, this.#log.valueOf(entry.args) as readonly Value[], null, (work) => work());
  }

  /** The program has ended one. */
  ended(id: string, answer: Answer): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    this.#open.delete(id);
    this.#names.delete(callbackKey(open.name));
    this.#end(open.name, answer, open.told);
  }

  /** A call is over: nobody asks for its callbacks any more. */
  over(call: Pick<CallbackName, "eff" | "attempt">): void {
    if (this.#answers.size === 0) return;
    const prefix = callbackKey({ ...call, n: 0 }).slice(0, -1);
    for (const key of this.#answers.keys()) if (key.startsWith(prefix)) this.#answers.delete(key);
  }

  async #ask(calling: Calling, closure: Closure, args: readonly Value[]): Promise<Answer> {
    if (calling.isAgain) throw givenUp();
    return await new Promise((resolve, reject) => {
      this.#program.arrive(calling, {
        kind: "callback",
        begin: () => {
          const { eff, attempt, n } = calling;
          this.#log.callBack({ eff, attempt, n, closure: calling.closure }, args);
          this.#start(calling, closure, args, resolve, calling.inChain);
        },
        refuse: () => reject(givenUp()),
      });
    });
  }

  #start(
    { eff, attempt, n }: CallbackName,
    closure: Closure,
    args: readonly Value[],
    told: Open["told"],
    inChain: InChain,
  ): void {
    const name = { eff, attempt, n };
    try {
      const id = this.#program.start(eff, closure, args);
      this.#open.set(id, { name, told, inChain });
      this.#names.set(callbackKey(name), id);
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      this.#end(name, { kind: "error", error: errorOf(thrown, "sennit") }, told);
    }
  }

  #end(name: CallbackName, answer: Answer, told: Open["told"]): void {
    if (this.#log.recorded.returned(name) !== undefined) return;
    const at = this.#log.stamp();
    this.#log.returned(name, answer, at);
    if (told === null) this.#answers.set(callbackKey(name), { answer, at });
    else told(this.#delivered(name, answer, at));
  }

  /** What the clocks of the call's guest show from now on. */
  #delivered({ eff }: CallbackName, answer: Answer, at = 0): Answer {
    this.#records.advance(eff, at);
    return answer;
  }

  /** K4 */
  #compare(before: EntryOf<"CB">, { closure, eff, isOutside }: Calling, args: readonly Value[]): void {
    if (before.closure === closure && this.#log.isSame(before.args, args)) return;
    const failure = diverged(`a callback of ${eff} with other arguments`, `the function ${before.closure} of the call`);
    if (!isOutside) this.#log.break(failure);
    throw failure;
  }
}

function givenUp(): Fault {
  return new Fault("cancelled", "The call that this callback belongs to was given up");
}
