/**
 * A machine as small as can be that has what makes recovery hard: branches, a race, stateful instances, effects of every
 * class, and output. Its state is a function of the program and the deliveries, as the real VM's is (RECOVERY, rule 4).
 */

export type Class = "read" | "keyed" | "once";

export type Step =
  /** A call into a stateful instance; with `asks`, the guest asks for an effect of that class on its way. */
  | { readonly do: "call"; readonly instance: number; readonly asks?: Class }
  | { readonly do: Class }
  | { readonly do: "print" };

export interface Program {
  readonly join: "para" | "race";
  readonly branches: readonly (readonly Step[])[];
  /** What comes after the branches. */
  readonly after: readonly Step[];
}

/** An answer, as the program takes it. `null`: it is uncertain whether the effect happened. */
export type Answer = number | null;

/** Something the machine asks for or says. Ids come from the program alone. */
export type Request =
  | { readonly kind: "effect"; readonly id: string; readonly class: Class; readonly payload: number }
  | {
      readonly kind: "call";
      readonly id: string;
      readonly instance: number;
      readonly payload: number;
      readonly asks: Class | null;
    }
  | { readonly kind: "print"; readonly id: string; readonly payload: number };

export interface Delivery {
  readonly id: string;
  readonly answer: Answer;
}

export interface Outcome {
  /** Everything that was asked for or said, in order. */
  readonly requests: readonly Request[];
  /** Ids that somebody still waits for. */
  readonly waiting: ReadonlySet<string>;
  readonly result: number | null;
}

/** The effect that a call's guest asks for. */
export const askedBy = (call: string): string => `${call}/0`;

/** What an instance's state becomes, and the call's answer. */
export function called(state: number, payload: number, answer: Answer): number {
  return mix(mix(state, payload), answer ?? 977);
}

export function mix(a: number, b: number): number {
  return (Math.imul(a, 31) + b + 7) % 1_000_003;
}

interface Branch {
  readonly name: string;
  readonly steps: readonly Step[];
  at: number;
  value: number;
  waits: boolean;
  over: boolean;
}

/** Runs the program from its start through these deliveries. */
export function run(program: Program, deliveries: readonly Delivery[]): Outcome {
  const machine = new Machine(program);
  for (const delivery of deliveries) machine.deliver(delivery);
  return machine.outcome();
}

class Machine {
  readonly #program: Program;
  readonly #requests: Request[] = [];
  #branches: Branch[];
  /** The branches are over, and this is what comes after them. */
  #last: Branch | null = null;

  constructor(program: Program) {
    this.#program = program;
    this.#branches = program.branches.map((steps, at) => branch(`b${at}`, steps, at + 1));
    this.#settle();
  }

  deliver({ id, answer }: Delivery): void {
    const found = this.#active().find((each) => each.waits && idOf(each) === id);
    if (found === undefined) throw new Error(`${id} is delivered to nobody`);
    found.value = mix(found.value, answer ?? 991);
    found.waits = false;
    found.at += 1;
    this.#settle();
  }

  outcome(): Outcome {
    const waiting = new Set(this.#active().flatMap((each) => (each.waits ? [idOf(each)] : [])));
    return { requests: this.#requests, waiting, result: this.#last?.over === true ? this.#last.value : null };
  }

  #active(): readonly Branch[] {
    return this.#last === null ? this.#branches : [this.#last];
  }

  /** Until every branch waits. */
  #settle(): void {
    for (const each of this.#active()) this.#advance(each);
    if (this.#last !== null) return;
    const over = this.#branches.filter((each) => each.over);
    const enough = this.#program.join === "race" ? over.slice(0, 1) : over;
    if (enough.length < (this.#program.join === "race" ? 1 : this.#branches.length)) return;
    const value = enough.reduce((sum, each) => mix(sum, each.value), 0);
    this.#branches = [];
    this.#last = branch("after", this.#program.after, value);
    this.#settle();
  }

  #advance(each: Branch): void {
    while (!each.waits && !each.over) {
      const step = each.steps[each.at];
      if (step === undefined) each.over = true;
      else if (step.do === "print") {
        this.#requests.push({ kind: "print", id: idOf(each), payload: each.value });
        each.at += 1;
      } else {
        this.#requests.push(requestOf(step, idOf(each), each.value));
        each.waits = true;
      }
    }
  }
}

function branch(name: string, steps: readonly Step[], value: number): Branch {
  return { name, steps, at: 0, value, waits: false, over: false };
}

function idOf({ name, at }: Branch): string {
  return `${name}.${at}`;
}

function requestOf(step: Exclude<Step, { do: "print" }>, id: string, payload: number): Request {
  if (step.do === "call") return { kind: "call", id, instance: step.instance, payload, asks: step.asks ?? null };
  return { kind: "effect", id, class: step.do, payload };
}
