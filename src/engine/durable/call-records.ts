/**
 * The calls of one run into its groups of instances: when one may be made at once, what is recorded of it, and what was.
 *
 *   C1  Packages that import each other are one group: entered by one call at a time, recorded and rebuilt together. The
 *       next call enters when the answer to the one before is in the log: so the calls of a log have one order.
 *   C2  Whether a call is made at once depends on what is up at the moment, and is no replay's to decide: a call made at once
 *       is named by the count of calls that the program has asked its group for, and a replay makes at once what has a
 *       record under that name, and nothing else.
 *   C3  Stateless packages are not recorded: their calls are computed again. Where one was to be made at once and was not,
 *       or ended its instance, that is noted, and stays so.
 *   C4  A call that ended an instance, or was stopped in the middle, leaves no trace in the state of its group: the group is
 *       built anew from the calls before it, by the next one.
 */
import type { EntryOf, Payload } from "../../journal/entry.ts";
import type { Answer, EffectRequest } from "../../lang/effect.ts";
import type { Value } from "../../wit/value.ts";
import type { LoadedProgram } from "../loaded.ts";
import { groupsOf, isOutside } from "./groups.ts";
import type { Inside } from "./inside.ts";
import { keyOf } from "./recorded.ts";
import type { Entered, Recorded } from "./recorded.ts";
import { diverged } from "./run-log.ts";
import type { RunLog } from "./run-log.ts";

/** How a call that is recorded is named. */
export type CallId = Pick<EntryOf<"CALL">, "eff" | "attempt">;

/** What is to be done with a call that could be made at once. */
export type NowDecision =
  /** `id`: how it is recorded. */
  | { readonly kind: "call"; readonly id: CallId }
  | { readonly kind: "later" }
  /** It was made, and this is how it ended. */
  | { readonly kind: "answered"; readonly answer: Answer };

interface Group {
  readonly number: number;
  readonly packages: readonly number[];
  /** C3. One that imports from outside is recorded all the same. */
  readonly stateless: boolean;
  /** Whether a fresh one is as good as any: it has no state. */
  readonly isFresh: boolean;
  /** Whether it imports from outside of the run. */
  readonly isCapable: boolean;
  /** How often the program asked whether a call can be made at once (C2). */
  asked: number;
  /** Of the next call. */
  seq: number;
  gen: number;
  /** Its instances are there, as all calls before left them. */
  isUp: boolean;
  /** Calls that are inside or wait for their turn, in that order (C1). */
  readonly line: { readonly key: string; readonly enter: () => void }[];
  /** The call that is inside, once it has begun. */
  inside: Inside | null;
}

export class CallRecords {
  readonly #log: RunLog;
  readonly #groups: readonly Group[];
  readonly #byPackage: readonly Group[];
  /** By package: what its guest has imported while it starts. */
  readonly #starting = new Map<number, Inside>();
  /** The log as it was read last. */
  known: Recorded;

  constructor(program: LoadedProgram, log: RunLog) {
    this.#log = log;
    this.known = log.recorded;
    this.#groups = groupsOf(program.packages).map((packages, number) => {
      const last = log.recorded.calls(number).at(-1)?.entry;
      const isFresh = packages.every((at) => program.packages[at]?.plugin.manifest.stateless === true);
      const isCapable = packages.some((at) => importsOutside(program, at));
      return {
        number,
        packages,
        stateless: isFresh && !isCapable,
        isFresh,
        isCapable,
        asked: 0,
        seq: (last?.seq ?? 0) + 1,
        gen: last?.gen ?? 1,
        isUp: last === undefined || (isFresh && !isCapable),
        line: [],
        inside: null,
      };
    });
    this.#byPackage = program.packages.map((_, at) => this.#groups.find((each) => each.packages.includes(at)) as Group);
  }

  /** C2. To be asked once for every call of the program, in its order. */
  now(pack: number, fn: string, args: readonly Value[]): NowDecision {
    const group = this.#of(pack);
    group.asked += 1;
    const id = nowId(group);
    const done = this.#log.recorded.done(id.eff, id.attempt)?.entry;
    const before = this.#log.recorded.call(id.eff, id.attempt);
    if (before !== undefined) this.#compare(before, pack, fn, args);
    if (done?.outcome === "abandoned") return { kind: "later" };
    if (done !== undefined) return { kind: "answered", answer: this.#log.answerOf(done.outcome, done.value) };
    if (group.stateless) return { kind: "call", id };
    // The log ends in the middle of that call.
    if (before !== undefined || this.#log.replaying || !group.isUp || group.line.length > 0) return { kind: "later" };
    return { kind: "call", id };
  }

  /** A call that could be made at once is not. */
  notNow(pack: number, { eff: id, attempt }: CallId): void {
    if (this.#of(pack).stateless) this.#log.done({ id, attempt }, { kind: "ok", value: null }, "abandoned");
  }

  /** A call begins, at once. */
  enterNow(pack: number, fn: string, args: readonly Value[], id: CallId): void {
    if (!this.#of(pack).stateless) this.#enter(pack, fn, args, id);
  }

  /** A call that was made at once has ended; `isLost`: with its instance. */
  leftNow(pack: number, { eff: id, attempt }: CallId, answer: Answer, isLost: boolean): void {
    const group = this.#of(pack);
    if (isLost && !group.stateless) this.#lose(group);
    if (!group.stateless || isLost) this.#log.done({ id, attempt }, answer, isLost ? "fault" : "wanted");
  }

  /** Resolves when it is the call's turn to enter its group. Whoever waits ends with `left`, come in or not. */
  async turn(pack: number, effect: EffectRequest): Promise<void> {
    const { line, stateless } = this.#of(pack);
    if (stateless) return;
    const key = keyOf(effect.id, effect.attempt);
    await new Promise<void>((enter) => {
      if (line.push({ key, enter }) === 1) enter();
    });
  }

  /** A call begins for its effect, in its turn. */
  enter(pack: number, fn: string, args: readonly Value[], effect: EffectRequest, signal: AbortSignal): void {
    const group = this.#of(pack);
    const { id: eff, attempt } = effect;
    this.check(effect);
    if (group.stateless) return;
    group.inside = { eff, attempt, counts: new Map(), isStart: false, signal };
    this.#enter(pack, fn, args, { eff, attempt });
  }

  /**
   * A call for an effect has an answer, or was given up. Gives whether it ended its instances, or left them as nobody can
   * say (C4). The next one enters in a later turn, when this one's answer is in the log.
   */
  left(pack: number, effect: EffectRequest, end: { readonly isLost: boolean; readonly isStopped: boolean }): boolean {
    const group = this.#of(pack);
    if (group.stateless) return end.isLost;
    const key = keyOf(effect.id, effect.attempt);
    const isInside = group.line[0]?.key === key;
    const isFault = isInside && group.inside !== null && (end.isLost || end.isStopped);
    if (isFault) this.#lose(group);
    if (isInside) {
      group.inside = null;
      group.line.shift();
      group.line[0]?.enter();
    } else {
      const at = group.line.findIndex((each) => each.key === key);
      if (at > 0) group.line.splice(at, 1);
    }
    return isFault;
  }

  /** The packages that are started and rebuilt together with this one. */
  groupOf(pack: number): readonly number[] {
    return this.#of(pack).packages;
  }

  /** Packages whose calls may be made at once from the beginning. */
  get ready(): readonly number[] {
    return this.#groups.flatMap(({ isUp, isCapable, packages }) => (isUp && !isCapable ? packages : []));
  }

  /** Whether its instances are there, as all calls before left them. */
  isUp(pack: number): boolean {
    return this.#of(pack).isUp;
  }

  /** Calls that bring a fresh group to where it was: those that left a trace in it, in their order. */
  async toRebuild(pack: number): Promise<readonly Entered[]> {
    const { number, isFresh } = this.#of(pack);
    this.known = await this.#log.reload();
    return isFresh ? [] : this.known.calls(number).filter(({ done }) => done !== null && done.outcome !== "fault");
  }

  /** What a package imports belongs to: the call that is inside its group, or its start. */
  inside(pack: number, name: string): Inside {
    const { inside } = this.#of(pack);
    if (inside !== null) return inside;
    const starting = this.#starting.get(pack) ?? {
      eff: `start of ${name}`,
      attempt: 0,
      counts: new Map(),
      isStart: true,
      signal: null,
    };
    this.#starting.set(pack, starting);
    return starting;
  }

  /** A call is made again. */
  enterAgain({ group, eff, attempt }: EntryOf<"CALL">): void {
    (this.#groups[group] as Group).inside = { eff, attempt, counts: new Map(), isStart: false, signal: null };
  }

  /** Its guests are started afresh. */
  starts(pack: number): void {
    const group = this.#of(pack);
    group.inside = null;
    for (const each of group.packages) this.#starting.delete(each);
  }

  /** While calls are made again, what the guests say is heard by nobody. */
  again(): Disposable {
    this.#log.deaf = true;
    return { [Symbol.dispose]: () => void (this.#log.deaf = false) };
  }

  valueOf(payload: Payload): Value {
    return this.#log.valueOf(payload);
  }

  answerOf({ outcome, value }: EntryOf<"DONE">): Answer {
    return this.#log.answerOf(outcome, value);
  }

  isSame(recorded: Payload, value: Value): boolean {
    return this.#log.isSame(recorded, value);
  }

  /** A call that is answered from the log is the one that was made. @throws {Fault} `diverged` */
  check({ id, attempt, request }: EffectRequest): void {
    if (request.kind !== "call") return;
    const before = this.#log.recorded.call(id, attempt);
    if (before !== undefined) this.#compare(before, request.package, request.function, request.args);
  }

  /** Its instances are there again. */
  rebuilt(pack: number): void {
    const group = this.#of(pack);
    group.isUp = true;
    group.inside = null;
  }

  #lose(group: Group): void {
    group.isUp = false;
    group.gen += 1;
  }

  #enter(pack: number, fn: string, args: readonly Value[], id: CallId): void {
    const group = this.#of(pack);
    const { number, gen } = group;
    this.#log.enter({ ...id, group: number, gen, seq: group.seq++, package: pack, function: fn }, args);
  }

  #compare(before: EntryOf<"CALL">, pack: number, fn: string, args: readonly Value[]): void {
    if (before.package === pack && before.function === fn && this.#log.isSame(before.args, args)) return;
    throw diverged(`a call of ${fn}`, `a call of ${before.function}${before.function === fn ? " with others" : ""}`);
  }

  #of(pack: number): Group {
    return this.#byPackage[pack] as Group;
  }
}

function importsOutside({ packages }: LoadedProgram, at: number): boolean {
  return [...(packages[at]?.imports.values() ?? [])].some((from) => isOutside(packages[from.package]));
}

/** C2. No effect has such an id: theirs are hashes. */
function nowId({ number, asked }: Group): CallId {
  const eff = `${"0".repeat(8)}${number.toString(16).padStart(8, "0")}${asked.toString(16).padStart(16, "0")}`;
  return { eff, attempt: 0 };
}
