/**
 * The variables of a run as of one of its steps.
 *
 *   V1  A step is over when its last entry is there: then everything has happened that follows from the entries up to that
 *       one, and nothing that needs a later one. That moment is shown.
 *   V2  Branches, calls and variables are those of the VM at that moment. A variable has a line for every type that it held; one of
 *       a `seq` that has ended keeps its last value.
 */
import { Fault } from "../../fault.ts";
import type { Lsn } from "../../journal/entry/entry.ts";
import { placeOf } from "../../lang/ir/ir.ts";
import type { Place } from "../../lang/ir/ir.ts";
import type { Fiber, Frame } from "../../lang/vm/fiber.ts";
import type { Machine } from "../../lang/vm/machine.ts";
import { whyNot } from "./history.ts";
import type { Log } from "./log.ts";
import { Replay } from "./replay.ts";
import type { Shown } from "./shown.ts";
import { kindOfRequest, nameOfRequest, Typed } from "./typed.ts";
import type { Readable } from "./typed.ts";

export interface Variable {
  readonly name: string;
  readonly value: Shown;
}

/** A call that is not over, the innermost last. */
export interface CallFrame {
  readonly function: string;
  readonly place: Place;
  readonly variables: readonly Variable[];
}

export interface Branch {
  /** `main`, `branch 1 of para`, `callback of …`. */
  readonly name: string;
  /** What it waits for; empty while it computes. */
  readonly waits: string;
  readonly frames: readonly CallFrame[];
}

export interface Moment {
  /** The last entry that is taken into account. */
  readonly lsn: Lsn;
  /** Null while the run goes on. */
  readonly ending: "done" | "failed" | "cancelled" | null;
  readonly branches: readonly Branch[];
}

/** The position of the last entry of the step that an entry belongs to. @throws {Fault} `unknown-step` */
export function endOfStep(log: Log, number: Lsn): Lsn {
  if (!Number.isSafeInteger(number) || number < 1 || number > log.last) {
    throw new Fault("unknown-step", `There is no step ${number}: the log of ${log.header.id} has ${log.last} entries`, {
      hint: "`sennit history ID` lists the steps",
    });
  }
  const entry = log.at(number)?.entry;
  if (
    entry === undefined ||
    !("eff" in entry) ||
    !("attempt" in entry) ||
    entry.kind === "CB" ||
    entry.kind === "CBRET"
  )
    return number;
  const trail = log.trail(entry.eff, entry.attempt);
  if (trail === undefined) return number;
  const { request, timer, call, done, delivery, abandoned } = trail;
  return Math.max(...[request, timer, call, done, delivery, abandoned].map((each) => each?.lsn ?? number));
}

/** V1. @throws {Fault} `unknown-step`, `no-history` when the program cannot tell, `diverged` */
export async function momentOf(log: Log, readable: Readable, number: Lsn): Promise<Moment> {
  const refused = whyNot(log, readable);
  if (refused !== null) throw new Fault("no-history", `Variables cannot be told: ${refused}`);
  const lsn = endOfStep(log, number);
  await using replay = new Replay(readable.program, log);
  await replay.play(lsn);
  const { state } = replay.ending ?? { state: null };
  const ending = state === "done" || state === "failed" || state === "cancelled" ? state : null;
  const looking = new Looking(readable, replay.vm.state);
  return { lsn, ending, branches: ending === null ? looking.branches() : [] };
}

class Looking {
  readonly #readable: Readable;
  readonly #machine: Machine;
  readonly #typed: Typed;

  constructor(readable: Readable, machine: Machine) {
    this.#readable = readable;
    this.#machine = machine;
    this.#typed = new Typed(readable);
  }

  branches(): readonly Branch[] {
    return [...this.#machine.fibers.values()].map((fiber) => ({
      name: this.#name(fiber),
      waits: this.#waits(fiber),
      frames: fiber.frames.flatMap((frame) => this.#frame(frame) ?? []),
    }));
  }

  #name({ role }: Fiber): string {
    switch (role.kind) {
      case "main":
        return "main";
      case "callback":
        return `callback of ${this.#asked(role.call)}`;
      case "branch": {
        const group = this.#machine.groups.get(role.group);
        return group?.elements
          ? `element ${role.index} of para for`
          : `branch ${role.index} of ${group?.kind ?? "para"}`;
      }
    }
  }

  #waits({ wait }: Fiber): string {
    if (wait === null) return "";
    if (wait.kind === "effect") return this.#asked(wait.effect);
    return `the branches of ${this.#machine.groups.get(wait.group)?.kind ?? "para"}`;
  }

  #asked(id: string): string {
    const effect = this.#machine.pending.get(id)?.request;
    if (effect === undefined) return "a call that is over";
    const name = nameOfRequest(effect, this.#typed, this.#readable.checked);
    return `${kindOfRequest(effect.request)} ${name}`.trimEnd();
  }

  /** Null for what the compiler made itself. */
  #frame({ fn, index, pc, regs }: Frame): CallFrame | null {
    const checked = this.#readable.checked.functions[index];
    if (checked === undefined || fn.file < 0) return null;
    const variables = checked.locals.flatMap((local): Variable[] => {
      const value = regs[local.index];
      if (local.name === "" || value === undefined) return [];
      return [{ name: local.name, value: this.#typed.show(value, local.type) }];
    });
    return { function: checked.name, place: placeOf(this.#readable.program.ir, fn, pc), variables };
  }
}
