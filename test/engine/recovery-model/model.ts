/**
 * The recovery model as states and the steps between them: one run's log with a movable durable watermark, what is in
 * memory only, and the world outside. Everything that the real engine leaves to chance is a choice between successors.
 *
 *   W  An entry below `durable` survives a crash. One above may survive, too: a commit whose acknowledgement was lost.
 *   V  What is volatile: attempts on their way, and the states of instances. The machine is a function of the log.
 */
import { askedBy, called, run } from "./toy.ts";
import type { Answer, Class, Outcome, Program, Request } from "./toy.ts";

export type Entry =
  | { readonly kind: "REQ"; readonly id: string; readonly class: Class; readonly payload: number }
  | {
      readonly kind: "CALL";
      readonly id: string;
      readonly instance: number;
      readonly payload: number;
      readonly asks: Class | null;
    }
  | { readonly kind: "OUT"; readonly id: string; readonly payload: number }
  | { readonly kind: "DONE"; readonly id: string; readonly answer: Answer }
  | { readonly kind: "DLV"; readonly id: string };

/** What a server has seen. It answers with how many different requests came before: no answer can be recomputed. */
export interface Served {
  readonly key: string;
  readonly id: string;
  readonly class: Class;
  readonly payload: number;
  readonly answer: number;
}

export interface State {
  readonly log: readonly Entry[];
  readonly durable: number;
  /** Attempts of this life whose answers are on their way. */
  readonly started: readonly { readonly id: string; readonly answer: number }[];
  /** By instance: null when it is lost and not rebuilt. */
  readonly instances: readonly (number | null)[];
  readonly world: readonly Served[];
  readonly shown: readonly number[];
  readonly crashes: number;
}

/** Rules of the recovery model that can be broken, to see that it is noticed. */
export interface Rules {
  /** Performs what is not durable (against RULE 1). */
  readonly performsEarly?: boolean;
  /** Shows what is not durable (against RULE 1). */
  readonly showsEarly?: boolean;
  /** Performs `once` effects again after a crash. */
  readonly repeatsOnce?: boolean;
  /** Keys do not survive a crash. */
  readonly freshKeys?: boolean;
  /** Calls of one instance run in any order, and not in that of their entries. */
  readonly noLock?: boolean;
  /** Replays answers in the order in which they arrived, and not in that in which they were delivered. */
  readonly replaysByArrival?: boolean;
  /** Rebuilds an instance without the calls that were given up. */
  readonly forgetsAbandoned?: boolean;
}

/** A property that does not hold. */
export class Violation extends Error {}

const CANCELLED = -1;

export class Model {
  readonly #program: Program;
  readonly #rules: Rules;
  readonly #mostCrashes: number;
  readonly #instances: number;

  constructor(
    program: Program,
    options: { readonly rules?: Rules; readonly crashes: number; readonly instances: number },
  ) {
    this.#program = program;
    this.#rules = options.rules ?? {};
    this.#mostCrashes = options.crashes;
    this.#instances = options.instances;
  }

  start(): State {
    const instances = Array.from({ length: this.#instances }, () => 0);
    return this.#pump({ log: [], durable: 0, started: [], instances, world: [], shown: [], crashes: 0 });
  }

  /** @throws {Violation} */
  successors(state: State): readonly State[] {
    const outcome = this.outcome(state);
    return [
      ...this.#commits(state),
      ...this.#performs(state, outcome),
      ...state.started.map((attempt) => answered(state, attempt)),
      ...this.#calls(state, outcome),
      ...this.#deliveries(state, outcome),
      ...this.#shows(state),
      ...this.#crashes(state),
    ];
  }

  outcome({ log }: State): Outcome {
    const answers = answersOf(log);
    const delivered = log.flatMap((entry) =>
      entry.kind === "DLV" ? [{ id: entry.id, answer: answers.get(entry.id) ?? null }] : [],
    );
    return run(this.#program, delivered);
  }

  /** RULE 4: the machine has run until every branch waits, and what it said is in the buffer. */
  #pump(state: State): State {
    const known = new Map(state.log.map((entry) => [`${tagOf(entry)} ${entry.id}`, entry]));
    const added: Entry[] = [];
    for (const request of this.outcome(state).requests) {
      const entry = entryOf(request);
      const before = known.get(`${tagOf(entry)} ${entry.id}`);
      if (before === undefined) added.push(entry);
      else if (JSON.stringify(before) !== JSON.stringify(entry)) throw new Violation(`${entry.id} diverged`);
    }
    return added.length === 0 ? state : { ...state, log: [...state.log, ...added] };
  }

  #commits(state: State): readonly State[] {
    return upTo(state.durable + 1, state.log.length).map((durable) => ({ ...state, durable }));
  }

  #performs(state: State, outcome: Outcome): readonly State[] {
    const answers = answersOf(state.log);
    return state.log.flatMap((entry, at) => {
      if (entry.kind !== "REQ" || answers.has(entry.id) || !isWanted(entry.id, outcome)) return [];
      if (state.started.some(({ id }) => id === entry.id)) return [];
      if (entry.class !== "read" && at >= state.durable && this.#rules.performsEarly !== true) return [];
      return [this.#performed(state, entry)];
    });
  }

  #performed(state: State, { id, class: kind, payload }: Entry & { kind: "REQ" }): State {
    const key = this.#rules.freshKeys === true ? `${id}#${state.crashes}` : id;
    const before = kind === "keyed" ? state.world.find((served) => served.key === key) : undefined;
    const answer = before?.answer ?? state.world.length + 1;
    if (before !== undefined && before.payload !== payload) throw new Violation(`${id} came with another payload`);
    const world = before === undefined ? [...state.world, { key, id, class: kind, payload, answer }] : state.world;
    return { ...state, world, started: [...state.started, { id, answer }] };
  }

  /** A guest begins, asks, or ends. One at a time in an instance, in the order of their entries. */
  #calls(state: State, outcome: Outcome): readonly State[] {
    const answers = answersOf(state.log);
    const open = state.log.filter((entry) => entry.kind === "CALL" && !answers.has(entry.id)) as Call[];
    const first = open.filter((call) => open.find((each) => each.instance === call.instance) === call);
    return (this.#rules.noLock === true ? open : first).flatMap((call) => this.#goesOn(state, call, answers, outcome));
  }

  #goesOn(state: State, call: Call, answers: Answers, outcome: Outcome): readonly State[] {
    const asked = askedBy(call.id);
    if (call.asks === null || answers.has(asked)) return [this.#returned(state, call, answers.get(asked) ?? null)];
    const request = state.log.find((entry) => entry.kind === "REQ" && entry.id === asked);
    const underWay = state.started.some(({ id }) => id === asked);
    if (!outcome.waiting.has(call.id) && !underWay) {
      return [appended(state, { kind: "DONE", id: asked, answer: CANCELLED })];
    }
    if (request !== undefined) return [];
    return [appended(state, { kind: "REQ", id: asked, class: call.asks, payload: call.payload })];
  }

  #returned(state: State, call: Call, answer: Answer): State {
    const before = state.instances[call.instance] ?? this.#rebuilt(state, call);
    const after = called(before, call.payload, answer);
    const instances = state.instances.map((each, at) => (at === call.instance ? after : each));
    return { ...appended(state, { kind: "DONE", id: call.id, answer: after }), instances };
  }

  /** REBUILD: every call before it again, in the order of their entries, with the answers that they had. */
  #rebuilt(state: State, until: Call): number {
    const waiting = this.#rules.forgetsAbandoned === true ? new Set(deliveredIn(state.log)) : null;
    return callsBefore(state.log, until)
      .filter(({ id }) => waiting?.has(id) !== false)
      .reduce((now, each) => called(now, each.payload, answersOf(state.log).get(askedBy(each.id)) ?? null), 0);
  }

  #deliveries(state: State, outcome: Outcome): readonly State[] {
    return state.log.flatMap((entry) =>
      entry.kind === "DONE" && outcome.waiting.has(entry.id)
        ? [this.#pump(appended(state, { kind: "DLV", id: entry.id }))]
        : [],
    );
  }

  #shows(state: State): readonly State[] {
    const said = state.log.flatMap((entry, at) => (entry.kind === "OUT" ? [{ at, payload: entry.payload }] : []));
    const next = said[state.shown.length];
    if (next === undefined || (next.at >= state.durable && this.#rules.showsEarly !== true)) return [];
    return [{ ...state, shown: [...state.shown, next.payload] }];
  }

  /** Whatever is in memory is gone, and any part of what was not acknowledged. Then the run is taken up again. */
  #crashes(state: State): readonly State[] {
    if (state.crashes === this.#mostCrashes) return [];
    return upTo(state.durable, state.log.length).map((length) => this.#recovered(state, length));
  }

  #recovered(state: State, length: number): State {
    const rest = state.log.slice(0, length);
    const log = this.#rules.replaysByArrival === true ? this.#byArrival(rest) : rest;
    const crashed: State = {
      ...state,
      log,
      durable: log.length,
      started: [],
      instances: state.instances.map(() => null),
      crashes: state.crashes + 1,
    };
    const pumped = this.#pump(crashed);
    const outcome = this.outcome(pumped);
    const uncertain = this.#rules.repeatsOnce === true ? [] : log.filter((entry) => isUncertain(entry, log, outcome));
    return uncertain.reduce((now, { id }) => appended(now, { kind: "DONE", id, answer: null }), pumped);
  }

  #byArrival(log: readonly Entry[]): readonly Entry[] {
    let now: Entry[] = log.filter(({ kind }) => kind !== "DLV");
    const arrived = now.filter(({ kind }) => kind === "DONE").map(({ id }) => id);
    for (let count = deliveredIn(log).length; count > 0; count--) {
      const { waiting } = this.outcome({ log: now } as unknown as State);
      const next = arrived.find((id) => waiting.has(id));
      if (next === undefined) break;
      now = [...now, { kind: "DLV", id: next }];
    }
    return now;
  }
}

type Call = Extract<Entry, { readonly kind: "CALL" }>;
type Answers = ReadonlyMap<string, Answer>;

export function answersOf(log: readonly Entry[]): Answers {
  return new Map(log.flatMap((entry) => (entry.kind === "DONE" ? [[entry.id, entry.answer]] : [])));
}

export function callsBefore(log: readonly Entry[], until: Entry | null): readonly Call[] {
  const calls = log.filter((entry) => entry.kind === "CALL") as Call[];
  if (until?.kind !== "CALL") return calls;
  return calls.slice(0, calls.indexOf(until)).filter(({ instance }) => instance === until.instance);
}

function deliveredIn(log: readonly Entry[]): readonly string[] {
  return log.flatMap((entry) => (entry.kind === "DLV" ? [entry.id] : []));
}

/** A `once` effect that was asked for before the crash, and nobody knows whether it happened. */
function isUncertain(entry: Entry, log: readonly Entry[], outcome: Outcome): boolean {
  return entry.kind === "REQ" && entry.class === "once" && !answersOf(log).has(entry.id) && isWanted(entry.id, outcome);
}

/** Whether somebody waits for it: the program, or the guest of a call that the program waits for. */
function isWanted(id: string, { waiting }: Outcome): boolean {
  return waiting.has(id) || waiting.has(id.replace(/\/0$/, ""));
}

function appended(state: State, entry: Entry): State {
  return { ...state, log: [...state.log, entry] };
}

function answered(state: State, { id, answer }: State["started"][number]): State {
  const started = state.started.filter((each) => each.id !== id);
  return appended({ ...state, started }, { kind: "DONE", id, answer });
}

function entryOf(request: Request): Entry {
  switch (request.kind) {
    case "effect":
      return { kind: "REQ", id: request.id, class: request.class, payload: request.payload };
    case "call":
      return { ...request, kind: "CALL" };
    case "print":
      return { kind: "OUT", id: request.id, payload: request.payload };
  }
}

function tagOf({ kind }: Entry): string {
  return kind;
}

/** The whole numbers from one to another, both included. */
function upTo(first: number, last: number): readonly number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
}
