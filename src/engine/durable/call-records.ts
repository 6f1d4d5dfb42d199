/**
 * The calls of one run into its groups of instances: when one may be made at once, what is recorded of it, and what was.
 *
 *   C1  Packages that import each other are one group: entered by one call at a time, recorded and rebuilt together.
 *   C2  Whether a call is made at once or waits for its effect depends on the program and the deliveries alone: at once, when
 *       the group is well and every call that waited for its effect has been delivered. So a replay decides as the run did.
 *   C3  A call made at once is named by its place in its group's order, and others by their effects.
 *   C4  Stateless packages are not recorded: their calls are computed again.
 */
import type { EntryOf, Payload } from "../../journal/entry.ts";
import type { Answer, EffectRequest } from "../../lang/effect.ts";
import type { Value } from "../../wit/value.ts";
import type { LoadedPackage, LoadedProgram } from "../loaded.ts";
import { keyOf } from "./recorded.ts";
import type { Entered } from "./recorded.ts";
import { diverged } from "./run-log.ts";
import type { RunLog } from "./run-log.ts";

/** What is to be done with a call that could be made at once. */
export type NowDecision =
  | { readonly kind: "call" | "later" }
  /** It was made, and this is how it ended. */
  | { readonly kind: "answered"; readonly answer: Answer };

interface Group {
  readonly number: number;
  readonly packages: readonly number[];
  /** C4 */
  readonly stateless: boolean;
  readonly recorded: readonly Entered[];
  /** How many of those were played back. */
  played: number;
  /** Calls that were delivered or given up, by name. */
  readonly over: Set<string>;
  /** Of the next call. */
  seq: number;
  gen: number;
  /** Calls that wait for their effects, and are not delivered (C2). */
  readonly waiting: Set<string>;
  /** The last call ended its instance. */
  lost: boolean;
  /** Its instances are there, as all calls before left them. */
  isUp: boolean;
}

/** How a call that is recorded is named. */
type CallId = Pick<EntryOf<"CALL">, "eff" | "attempt">;

export class CallRecords {
  readonly #log: RunLog;
  readonly #groups: readonly Group[];
  readonly #byPackage: readonly Group[];

  constructor(program: LoadedProgram, log: RunLog) {
    this.#log = log;
    this.#groups = groupsOf(program.packages).map((packages, number) => {
      const stateless = packages.every((at) => program.packages[at]?.plugin.manifest.stateless === true);
      const recorded = log.recorded.calls(number);
      const last = recorded.at(-1)?.entry;
      return {
        number,
        packages,
        stateless,
        recorded,
        played: 0,
        over: new Set<string>(),
        seq: (last?.seq ?? 0) + 1,
        gen: last?.gen ?? 1,
        waiting: new Set<string>(),
        lost: false,
        isUp: recorded.length === 0,
      };
    });
    this.#byPackage = program.packages.map((_, at) => this.#groups.find((each) => each.packages.includes(at)) as Group);
  }

  /** C2 */
  now(pack: number, fn: string, args: readonly Value[]): NowDecision {
    const group = this.#of(pack);
    if (group.waiting.size > 0 || group.lost) return { kind: "later" };
    if (group.stateless) return { kind: "call" };
    const next = nextOf(group);
    if (next === undefined) return { kind: group.isUp ? "call" : "later" };
    if (next.entry.attempt !== 0) return { kind: "later" };
    this.#compare(next.entry, pack, fn, args);
    if (next.done === null) return { kind: "later" };
    group.played += 1;
    const answer = this.#log.answerOf(next.done.outcome, next.done.value);
    if (next.done.outcome === "fault") group.lost = true;
    return { kind: "answered", answer };
  }

  /** A call waits for its effect. */
  asked(pack: number, { id }: EffectRequest): void {
    this.#of(pack).waiting.add(id);
  }

  /** The answer of a call was delivered, or nobody waits for it any more. */
  delivered(pack: number, effect: EffectRequest, isFault: boolean): void {
    const group = this.#of(pack);
    group.waiting.delete(effect.id);
    if (group.played < group.recorded.length) group.over.add(keyOf(effect.id, effect.attempt));
    group.lost = isFault;
  }

  /** A call begins, whether at once or for its effect. Gives its name; null when it is not recorded (C4). */
  enter(pack: number, fn: string, args: readonly Value[], effect: EffectRequest | null): CallId | null {
    const group = this.#of(pack);
    if (group.stateless) return null;
    const { number, gen } = group;
    const seq = group.seq++;
    const id = effect === null ? nowId(number, seq) : { eff: effect.id, attempt: effect.attempt };
    this.#log.enter({ ...id, group: number, gen, seq, package: pack, function: fn }, args);
    return id;
  }

  /** A call that was made at once has ended. */
  left(pack: number, id: CallId | null, answer: Answer, isFault: boolean): void {
    if (isFault) this.#of(pack).lost = true;
    if (id !== null) this.#log.done({ id: id.eff, attempt: id.attempt }, answer, true, isFault);
  }

  /** The packages that are started and rebuilt together with this one. */
  groupOf(pack: number): readonly number[] {
    return this.#of(pack).packages;
  }

  /** Packages whose calls are computed in a replay. */
  get computed(): readonly number[] {
    return this.#groups.flatMap(({ stateless, isUp, packages }) => (stateless || isUp ? packages : []));
  }

  /** Whether its instances are there, as all calls before left them. */
  isUp(pack: number): boolean {
    const { isUp, lost } = this.#of(pack);
    return isUp && !lost;
  }

  /** Calls that bring a fresh group to where it was: those that did not end it, in their order. */
  async toRebuild(pack: number): Promise<readonly Entered[]> {
    const recorded = await this.#log.reload();
    return recorded.calls(this.#of(pack).number).filter(({ done }) => done !== null && done.outcome !== "fault");
  }

  /** While calls are made again, what the guests say is heard by nobody. */
  again(): Disposable {
    this.#log.deaf = true;
    return { [Symbol.dispose]: () => void (this.#log.deaf = false) };
  }

  valueOf(payload: Payload): Value {
    return this.#log.valueOf(payload);
  }

  /** Its instances are there again. */
  rebuilt(pack: number): void {
    const group = this.#of(pack);
    group.isUp = true;
    group.lost = false;
    group.gen += 1;
  }

  #compare(before: EntryOf<"CALL">, pack: number, fn: string, args: readonly Value[]): void {
    if (before.package === pack && before.function === fn && this.#log.isSame(before.args, args)) return;
    throw diverged(`a call of ${fn}`, `a call of ${before.function}${before.function === fn ? " with others" : ""}`);
  }

  #of(pack: number): Group {
    return this.#byPackage[pack] as Group;
  }
}

/** The next recorded call that is not over. */
function nextOf(group: Group): Entered | undefined {
  for (let next = group.recorded[group.played]; next !== undefined; next = group.recorded[++group.played]) {
    if (!group.over.delete(keyOf(next.entry.eff, next.entry.attempt))) return next;
  }
  return undefined;
}

/** C3. No effect has such an id: theirs are hashes. */
function nowId(group: number, seq: number): CallId {
  return {
    eff: `${"0".repeat(8)}${group.toString(16).padStart(8, "0")}${seq.toString(16).padStart(16, "0")}`,
    attempt: 0,
  };
}

/** C1: connected by imports. What the host or the embedding program provides connects nothing. */
function groupsOf(packages: readonly LoadedPackage[]): readonly (readonly number[])[] {
  const groups = packages.map((_, at) => [at]);
  packages.forEach(({ imports }, at) => {
    for (const { package: from } of imports.values()) {
      if (isOutside(packages[from])) continue;
      const [mine, other] = [groups.find((each) => each.includes(at)), groups.find((each) => each.includes(from))];
      if (mine === undefined || other === undefined || mine === other) continue;
      mine.push(...other.splice(0));
    }
  });
  return groups.filter((each) => each.length > 0).map((each) => each.toSorted((a, b) => a - b));
}

/** Whether calls of a package leave the run: they are effects, and it has no state that the run could rebuild. */
export function isOutside(pack: LoadedPackage | undefined): boolean {
  return pack?.plugin.manifest.language === "javascript";
}
