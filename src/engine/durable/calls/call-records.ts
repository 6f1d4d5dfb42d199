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
 *   C4  A call that ended an instance, or was stopped in the middle, leaves no trace in the state of its group: its next
 *       generation is built from the calls before it, by the next one; or afresh, where the manifest says so.
 *   C5  Between two calls the state of a group is saved now and then, as bytes: those of all its instances, or none. Calls
 *       before that need not be made again where code of the same digests is.
 *   C6  The clocks of a group stand still but for what is recorded: when a call began, and when it was answered.
 */
import { Fault } from "../../../fault.ts";
import type { EntryOf, Payload } from "../../../journal/entry/entry.ts";
import type { Answer, EffectRequest } from "../../../lang/effect.ts";
import type { Value } from "../../../wit/value.ts";
import type { LoadedProgram } from "../../load/loaded.ts";
import { callGroups } from "./call-group.ts";
import { nowId } from "./call-id.ts";
import type { CallId } from "./call-id.ts";
import type { Group } from "./call-group.ts";
import type { CallState } from "./call-state.ts";
import type { Inside } from "./inside.ts";
import { lastState } from "./saved-state.ts";
import { Known } from "./known.ts";
import { keyOf } from "../log/recorded.ts";
import type { Entered } from "../log/recorded.ts";
import { diverged } from "../log/diverged.ts";
import type { RunLog } from "../log/run-log.ts";

/** The states of these packages' instances, all or none. */
export type SaveStates = (packages: readonly number[]) => Promise<readonly Uint8Array[] | null>;

/** What brings a fresh group to where it was. */
export interface Rebuilding {
  /** By package: how its instance starts. Null: afresh. */
  readonly states: ReadonlyMap<number, Uint8Array> | null;
  /** To be made again then, in their order. */
  readonly calls: readonly Entered[];
}

/** What is to be done with a call that could be made at once. */
export type NowDecision =
  /** `id`: how it is recorded. */
  | { readonly kind: "call"; readonly id: CallId }
  | { readonly kind: "later" }
  /** It was made, and this is how it ended. */
  | { readonly kind: "answered"; readonly answer: Answer };

export class CallRecords {
  readonly #log: RunLog;
  readonly #packages: LoadedProgram["packages"];
  readonly #groups: readonly Group[];
  readonly #byPackage: readonly Group[];
  /** By package: what its guest has imported while it starts. */
  readonly #starting = new Map<number, Inside>();
  /** By group: since when the call that is inside is. */
  readonly #began = new Map<number, number>();
  readonly known: Known;

  /** Calls that functions of the program were given to, and that are not over. */
  #lendings = 0;
  #save: SaveStates | null = null;

  /** @param state as of the snapshot that the log begins with */
  constructor(program: LoadedProgram, log: RunLog, state: CallState | null = null) {
    this.#log = log;
    this.#packages = program.packages;
    this.known = new Known(log.recorded);
    this.#groups = callGroups(program, log.recorded, state);
    this.#byPackage = program.packages.map((_, at) => this.#groups.find((each) => each.packages.includes(at)) as Group);
  }

  /** How far the calls have come; null when that cannot be told now: the program may be in the middle of a guest's call. */
  saved(): CallState | null {
    if (this.#lendings > 0) return null;
    return this.#groups.map(({ asked, seq, gen, from, saved }) => ({ asked, seq, gen, from, saved }));
  }

  /** A call begins to which functions of the program are given. Until it is over, nothing can be `saved`. */
  lend(): Disposable {
    this.#lendings += 1;
    return { [Symbol.dispose]: () => void (this.#lendings -= 1) };
  }

  /** C5: by what the states of a group are saved. */
  saveBy(save: SaveStates): void {
    this.#save = save;
  }

  /** C2. To be asked once for every call of the program, in its order. */
  now(pack: number, fn: string, args: readonly Value[]): NowDecision {
    const group = this.#of(pack);
    group.asked += 1;
    const id = nowId(group.number, group.asked);
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

  /** A call that was made at once has ended; `isLost`: with its instance. It took so many milliseconds. */
  leftNow(pack: number, { eff: id, attempt }: CallId, answer: Answer, how: { isLost: boolean; time: number }): void {
    const group = this.#of(pack);
    const { isLost, time } = how;
    if (isLost && !group.stateless) this.#lose(group);
    const isWorthIt = !group.stateless || (time >= COSTLY && !this.#log.replaying);
    if (isWorthIt || isLost) this.#log.done({ id, attempt }, answer, isLost ? "fault" : "wanted");
    if (group.stateless || isLost) return;
    group.weight.add(time);
    if (this.#isToSave(group)) this.#saveFirst(group);
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
    group.inside = { eff, attempt, counts: new Map(), isStart: false, isAgain: false, signal };
    this.#began.set(group.number, performance.now());
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
    const hasEntered = isInside && group.inside !== null;
    const isFault = hasEntered && (end.isLost || end.isStopped);
    if (isFault) this.#lose(group);
    if (isInside) {
      group.inside = null;
      group.line.shift();
      group.weight.add(performance.now() - (this.#began.get(group.number) ?? Infinity));
      if (!isFault && this.#isToSave(group)) this.#saveFirst(group);
      else group.line[0]?.enter();
    } else {
      const at = group.line.findIndex((each) => each.key === key);
      if (at > 0) group.line.splice(at, 1);
    }
    return isFault || (!hasEntered && this.#wasCutOff(effect));
  }

  /** It is in the log, and the life in which it entered did not see its end. Not made again, it leaves no trace (C4). */
  #wasCutOff({ id, attempt }: EffectRequest): boolean {
    const { recorded } = this.#log;
    return recorded.call(id, attempt) !== undefined && recorded.done(id, attempt) === undefined;
  }

  /** Whether a call of one package waits for a call of the other to end. */
  isSameTurn(one: number, other: number): boolean {
    return one === other || (this.#of(one) === this.#of(other) && !this.#of(one).stateless);
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

  /**
   * What brings a fresh group to where it was: the last state of it that this code can read, and the calls since that left a
   * trace in it. The log is read here from where that state was saved, and nowhere else from its beginning.
   *
   * @throws {Fault} `rebuild-limit`
   */
  async toRebuild(pack: number, isFromStart: boolean): Promise<Rebuilding> {
    const group = this.#of(pack);
    const { number, isFresh, from, most } = group;
    const start = isFromStart ? 1 : Math.max(1, group.saved);
    const read = await this.#log.reload(start);
    this.known.read(start, read);
    if (isFresh) return { states: null, calls: [] };
    const saved = isFromStart ? null : await lastState(group, read, this.#log);
    if (saved === null && start > 1) return await this.toRebuild(pack, true);
    const after = Math.max(from, saved?.seq ?? 0);
    const calls = read
      .calls(number)
      .filter(({ entry, done }) => entry.seq > after && done !== null && done.outcome !== "fault");
    if (calls.length > most) throw tooMany(this.#packages[pack]?.name ?? "", calls.length, most);
    return { states: saved?.states ?? null, calls };
  }

  /** The group begins afresh, without a trace of the calls before. */
  forget(pack: number): void {
    const group = this.#of(pack);
    group.from = group.seq - 1;
    this.#begin(group);
  }

  /** What to do when a call of this package does not give again what it gave. */
  onDivergence(pack: number): "fail" | "accept" | "fresh" {
    return this.#packages[pack]?.plugin.manifest.onDivergence ?? "fail";
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
      isAgain: false,
      signal: null,
    };
    this.#starting.set(pack, starting);
    return starting;
  }

  /** A call is made again. */
  enterAgain({ group: number, eff, attempt, at }: EntryOf<"CALL">): void {
    const group = this.#groups[number] as Group;
    group.inside = { eff, attempt, counts: new Map(), isStart: false, isAgain: true, signal: null };
    this.#show(group, at ?? 0);
  }

  /** An instance that is brought to where another was has its id, since handles know it by that. */
  idOf(pack: number): number {
    return 1 + pack + this.#packages.length * this.#of(pack).from;
  }

  /** C6: what the clocks of a package show, in milliseconds since the epoch. */
  timeOf(pack: number): number {
    const group = this.#of(pack);
    return group.stateless ? Math.max(group.time, this.#log.shown) : Math.max(group.time, this.#log.timeOf(0));
  }

  /** C6: a guest has slept so many milliseconds. */
  slept(pack: number, milliseconds: number): void {
    this.#of(pack).time = this.timeOf(pack) + Math.max(0, milliseconds);
  }

  /** C6: the call that is inside was answered what it asked for, at that time of the run. */
  advance(eff: string, at: number): void {
    for (const group of this.#groups) if (group.inside?.eff === eff) this.#show(group, at);
  }

  /** Its guests are started afresh. */
  starts(pack: number): void {
    const group = this.#of(pack);
    group.inside = null;
    group.time = 0;
    for (const each of group.packages) this.#starting.delete(each);
  }

  /** While calls are made again, what the guests say is heard by nobody. */
  again(pack: number, deadline: number): Disposable {
    const group = this.#of(pack);
    group.lifted = deadline;
    return { [Symbol.dispose]: () => void (group.lifted = null) };
  }

  /** While calls of a package are made again: how long one may take, in milliseconds, whatever its limits are. */
  lifted(pack: number): number | null {
    return this.#of(pack).lifted;
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
    if (group.losesState) group.from = group.seq - 1;
    this.#begin(group);
  }

  /** Its next generation begins. */
  #begin(group: Group): void {
    group.gen += 1;
    const { number, gen, from, seq } = group;
    this.#log.generation({ group: number, gen, upto: seq - 1, from });
  }

  #enter(pack: number, fn: string, args: readonly Value[], id: CallId): void {
    const group = this.#of(pack);
    const { number, gen } = group;
    const at = this.#log.stamp();
    this.#show(group, at);
    this.#log.enter({ ...id, group: number, gen, seq: group.seq++, package: pack, function: fn, at }, args);
  }

  #show(group: Group, at: number): void {
    group.time = Math.max(group.time, this.#log.timeOf(at));
  }

  #isToSave({ weight, cores, isFresh }: Group): boolean {
    return this.#save !== null && cores !== null && !isFresh && weight.isDue;
  }

  /** C5: before anything else enters. */
  #saveFirst(group: Group): void {
    group.line.unshift({ key: "", enter: () => {} });
    void this.#saveNow(group).finally(() => {
      group.line.shift();
      group.line[0]?.enter();
    });
  }

  async #saveNow(group: Group): Promise<void> {
    const { number, gen, seq, packages, cores, weight } = group;
    const begun = performance.now();
    const states = await (this.#save as SaveStates)(packages).catch(() => null);
    if (states === null || cores === null || !group.isUp) return weight.refused();
    group.saved = this.#log.saved({ group: number, gen, seq: seq - 1, cores }, [...states]);
    weight.saved(performance.now() - begun);
  }

  #compare(before: EntryOf<"CALL">, pack: number, fn: string, args: readonly Value[]): void {
    if (before.package === pack && before.function === fn && this.#log.isSame(before.args, args)) return;
    throw diverged(`a call of ${fn}`, `a call of ${before.function}${before.function === fn ? " with others" : ""}`);
  }

  #of(pack: number): Group {
    return this.#byPackage[pack] as Group;
  }
}

/** Milliseconds. What takes longer is not computed again. */
const COSTLY = 1;

function tooMany(name: string, count: number, most: number): Fault {
  return new Fault("rebuild-limit", `${name} would have to make ${count} calls again, and may make ${most}`, {
    source: name,
    hint: "Raise `max-rebuild-calls` in its manifest, or let it save its state.",
  });
}
