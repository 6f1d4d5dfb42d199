/**
 * What a run with a log has beside one in memory: the way it went before, a place for what it does now, and the signals
 * sent to it. The loop in `../loop/run.ts` asks it; a run in memory has none.
 *
 *   T1  What was recorded is answered from the log and compared with what is asked for; nothing is performed meanwhile.
 *   T2  What happens is in the log before anything follows from it: that it was asked for, how it ended, that it was taken.
 *   T3  A snapshot is taken where nothing of a guest's is on the VM's stack, and holds all that a run needs to go on.
 *   T4  A run sleeps when everything it waits for comes with time or from others, and nothing came until its snapshot was
 *       durable: whoever has something for it finds it asleep, or is heard.
 */
import { Fault } from "../../fault.ts";
import type { RunLimits } from "../../host/package/limits.ts";
import { irDigest } from "../../lang/ir/ir-codec.ts";
import type { Answer, EffectRequest } from "../../lang/effect.ts";
import { Task } from "../../lang/value.ts";
import type { Decision } from "../../lang/vm/host.ts";
import type { Machine } from "../../lang/vm/machine.ts";
import { isAtRest } from "../../lang/vm/rewrite.ts";
import type { Vm } from "../../lang/vm/vm.ts";
import type { ChildRuns } from "../loop/children.ts";
import { errorOf } from "../guests/failure.ts";
import type { ForeignCalls, ForeignRequest } from "../guests/foreign-calls.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import type { Arrived, Pending } from "../loop/pending.ts";
import type { Performer } from "../loop/perform.ts";
import type { Clock } from "../platform/ports.ts";
import type { Onlooker, RunOptions } from "../loop/run-options.ts";
import { answerDurably } from "./effects/answers.ts";
import type { CallRecords } from "./calls/call-records.ts";
import type { Mailbox } from "./effects/mailbox.ts";
import { natureOf } from "./effects/nature.ts";
import type { Delivery, Signal } from "./log/recorded.ts";
import type { Recording } from "./log/recording.ts";
import type { Rewrites } from "./rewrites.ts";
import { diverged } from "./log/diverged.ts";
import type { RunLog } from "./log/run-log.ts";
import { say } from "./effects/say.ts";
import type { Snapshot } from "./log/snapshot.ts";

export interface TapeParts {
  readonly program: LoadedProgram;
  readonly clock: Clock;
  readonly calls: ForeignCalls;
  readonly performer: Performer;
  readonly children: ChildRuns;
  readonly limits: RunLimits;
  readonly options: Pick<RunOptions, "sleep" | "onlooker" | "keep">;
}

/** Where a run is. */
export interface Running {
  /** It goes no way that is recorded. */
  readonly isLive: boolean;
  readonly vm: () => Uint8Array;
  readonly turn: number;
  /** By effect. */
  readonly pending: ReadonlyMap<string, Pending>;
}

/** What was delivered before, and is again. */
export type Again =
  | { readonly effect: EffectRequest; readonly answer: Answer }
  /** A guest called back during it. */
  | { readonly effect: EffectRequest; readonly call: ForeignRequest; readonly answer: null };

export class Tape implements Disposable {
  readonly log: RunLog;
  readonly #records: CallRecords;
  readonly #parts: TapeParts;
  readonly #mailbox: Mailbox;
  /** Signals that are the answers of waits, until they are taken. */
  readonly #came = new Map<EffectRequest, Signal>();
  /** Effects that are being performed, or waited for. */
  #atWork = 0;
  readonly #rewrites: Rewrites;
  #isCancelled: boolean;

  constructor({ log, records, snapshot, rewrites }: Recording, parts: TapeParts) {
    this.log = log;
    this.#rewrites = rewrites;
    this.#records = records;
    this.#parts = parts;
    this.#mailbox = log.mailbox();
    this.#isCancelled = snapshot?.isCancelled === true || log.recorded.deliveries.some(({ kind }) => kind === "CANCEL");
    if (snapshot === null) return;
    parts.performer.latest = snapshot.latest;
    parts.children.restore?.(snapshot.children);
  }

  /** Somebody asked for it, and the program has or will have heard of it. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** There are deliveries left that were recorded. */
  get replaying(): boolean {
    return this.log.replaying;
  }

  /** The run has ended in a life before this one. */
  get hasEnded(): boolean {
    return this.log.recorded.end !== null;
  }

  /** False for an effect that shows nothing. */
  say(effect: EffectRequest): boolean {
    return say(this.log, effect, (any) => this.#parts.calls.data(any));
  }

  /**
   * What was delivered to an effect then (T1): its answer, or null for what a guest called back during it.
   *
   * @throws {Fault} `diverged`
   */
  again(effect: EffectRequest | undefined, delivery: Exclude<Delivery, { kind: "CANCEL" }>): Again {
    if (effect === undefined || effect.attempt !== delivery.attempt) {
      throw diverged("nothing of the kind", `an answer to ${delivery.eff}`);
    }
    if (delivery.kind === "CB") {
      if (effect.request.kind !== "call") throw diverged(`${effect.request.kind} at ${effect.site}`, "a callback");
      return { effect, call: effect.request, answer: null };
    }
    const signalled = delivery.signal === 0 ? null : this.log.signalled(delivery.signal);
    const answer = signalled ?? this.log.answer(effect)?.answer ?? this.#parts.performer.computed(effect);
    if (answer === null) throw diverged(`${effect.request.kind} at ${effect.site}`, "an answer that is not there");
    this.#found(effect, answer);
    return { effect, answer };
  }

  /** Every branch waits: what was rewritten here when the run was moved to another version, is rewritten. */
  rewrite(vm: Pick<Vm, "rewrite">): void {
    const values = this.#rewrites.due(this.log.delivered);
    if (values.length > 0) vm.rewrite(values);
  }

  /** The run has come to where its log ends: what waits and has an answer there, in the order in which it came. */
  goLive(waiting: readonly Pending[], machine: Machine): readonly Arrived[] {
    const known = waiting.flatMap((pending) => {
      const found = this.log.answer(pending.effect);
      return found === null ? [] : [{ kind: "answer", pending, ...found } as const];
    });
    for (const { pending, answer } of known) this.#found(pending.effect, answer);
    const { children, options } = this.#parts;
    if (options.onlooker !== undefined) throw this.#seen(waiting, machine, options.onlooker);
    children.goLive?.();
    return known.toSorted((a, b) => a.lsn - b.lsn);
  }

  /** What is recorded of the answer to an effect that is asked for by a live run. */
  known(effect: EffectRequest): Answer | null {
    const answer = this.log.answer(effect)?.answer ?? null;
    if (answer !== null) this.#found(effect, answer);
    return answer;
  }

  /** Asks for it durably, and performs it (T2). Null: it was given up before it was performed. */
  async answer(effect: EffectRequest, signal: AbortSignal): Promise<Answer | null> {
    const { program, performer, clock, limits } = this.#parts;
    if (this.#atWork >= limits.pending) return { kind: "error", error: errorOf(tooMany(limits.pending), "sennit") };
    this.#atWork += 1;
    try {
      const ports = { log: this.log, mailbox: this.#mailbox, performer, clock };
      const found = await answerDurably(effect, natureOf(effect, program), signal, ports);
      if (found === null || "kind" in found) return found;
      this.#came.set(effect, found);
      return { kind: "ok", value: this.log.valueOf(found.value) };
    } finally {
      this.#atWork -= 1;
    }
  }

  /** An answer came, or never will. `isWanted`: somebody waits for it still. */
  arrived(effect: EffectRequest, answer: Answer | null, isWanted: boolean, isGivenUp: boolean): void {
    if (answer === null) return this.log.abandon(effect);
    const nature = natureOf(effect, this.#parts.program);
    // A signal is in the log already.
    if (nature.kind === "signal" && answer.kind === "ok") return isWanted ? undefined : this.#giveBack(effect);
    const isStopped = isGivenUp && answer.kind === "error";
    const isFault = nature.kind === "call" && this.#parts.calls.left(nature.package, effect, isStopped);
    if (nature.kind === "computed") return;
    this.log.done(effect, answer, isFault ? "fault" : isWanted ? "wanted" : "abandoned");
  }

  /** The program takes an answer. */
  deliver(effect: EffectRequest, turn: number): void {
    const signal = this.#came.get(effect);
    this.#came.delete(effect);
    if (signal !== undefined) this.#mailbox.taken(signal);
    this.log.deliver(effect, turn, signal?.lsn ?? 0);
  }

  /** A race was won: whatever follows from that stands behind it in the log. */
  decided({ scope, winner }: Decision): void {
    this.log.decide(scope.id(this.#parts.program.ir.sites), winner);
  }

  /** The program hears that somebody asked for its cancellation. */
  cancel(turn: number): void {
    this.#isCancelled = true;
    this.log.cancel(turn);
  }

  /** The program waits for it no more. */
  abandon(effect: EffectRequest, isLive: boolean): void {
    const { children } = this.#parts;
    this.#giveBack(effect);
    const wasAsked = !isLive || this.log.recorded.request(effect.id, effect.attempt) !== undefined;
    if (wasAsked && effect.request.kind === "spawn") children.givenUp?.(effect, isLive);
    if (effect.request.kind === "join") children.cancelTask?.(effect.request.task);
  }

  /** After how many milliseconds of waiting it may sleep; undefined: never. */
  get sleepAfter(): number | undefined {
    return this.#parts.options.sleep?.after;
  }

  /** Writes a snapshot, if there is much to read otherwise. */
  mark(running: Running): void {
    if (!running.isLive || !this.log.isLong) return;
    // What others left and nobody has looked at could not be forgotten.
    if (this.#isEnough) this.#mailbox.look().catch((why: Error) => this.log.break(why));
    const snapshot = this.#snapshot(running);
    if (snapshot !== null) this.log.snap(snapshot, irDigest(this.#parts.program.ir), this.#isEnough, {});
  }

  /** Whether all that it waits for comes with time or from others. */
  isPatient(pending: Running["pending"]): boolean {
    for (const { effect } of pending.values()) if (!this.#isPatient(effect)) return false;
    return true;
  }

  /** T4. Resolves to whether it sleeps: it is to end then, or to `wake`. */
  async sleep(running: Running): Promise<boolean> {
    if (!this.isPatient(running.pending)) return false;
    const { children, options, program } = this.#parts;
    if (options.sleep?.joins !== true && children.isQuiet?.() === false) return false;
    const snapshot = this.#snapshot(running);
    if (snapshot === null) return false;
    const wakes = [...running.pending.values()].flatMap(({ effect }) => this.log.due(effect) ?? []);
    const wake = wakes.length === 0 ? null : wakes.reduce((first, each) => Math.min(first, each));
    this.log.snap(snapshot, irDigest(program.ir), this.#isEnough, { state: "waiting", wake });
    await this.log.written();
    await this.#mailbox.look();
    if (!this.#mailbox.isServing) return true;
    this.wake();
    return false;
  }

  /** Something came: it does not sleep, after all. */
  wake(): void {
    this.log.change({ state: "running", wake: null });
  }

  [Symbol.dispose](): void {
    this.#mailbox[Symbol.dispose]();
  }

  /** Nobody wants to see what was before a snapshot. */
  get #isEnough(): boolean {
    return this.#parts.options.keep === "snapshot";
  }

  #isPatient(effect: EffectRequest): boolean {
    const { kind } = natureOf(effect, this.#parts.program);
    return kind === "timer" || kind === "signal" || effect.request.kind === "join";
  }

  /** T3 */
  #snapshot({ vm, turn, pending }: Running): Snapshot | null {
    if (this.#parts.calls.isLent(pending.values())) return null;
    const calls = this.#records.saved();
    if (calls === null) return null;
    const effects = Array.from(pending.values(), ({ effect }) => effect);
    const { performer, children } = this.#parts;
    return this.log.snapshot({
      pending: effects,
      isCalling: effects.some((effect) => natureOf(effect, this.#parts.program).kind === "call"),
      signals: this.#mailbox.held,
      rest: {
        turn,
        latest: performer.latest,
        isCancelled: this.#isCancelled,
        calls,
        children: children.saved?.() ?? [],
        vm: vm(),
      },
    });
  }

  /** What a run ends with that is only looked at. */
  #seen(waiting: readonly Pending[], machine: Machine, onlooker: Onlooker): Error {
    const { unsaid } = this.log;
    if (unsaid !== null && isAtRest(machine)) return diverged("it waits", unsaid);
    const effects = waiting.map(({ effect }) => effect);
    return onlooker.live(effects, machine);
  }

  #giveBack(effect: EffectRequest): void {
    const signal = this.#came.get(effect);
    this.#came.delete(effect);
    if (signal !== undefined) this.#mailbox.giveBack(signal);
  }

  /** What is answered from the log is what was asked for then; and what follows from it is remembered. */
  #found(effect: EffectRequest, answer: Answer): void {
    const { program, performer, children } = this.#parts;
    const nature = natureOf(effect, program);
    if (nature.kind === "outside") this.log.compare(effect, nature.what, nature.input);
    this.#records.check(effect);
    performer.told(effect, answer);
    if (effect.request.kind === "join") children.joined?.(effect.request.task);
    if (effect.request.kind === "spawn" && answer.kind === "ok" && answer.value instanceof Task)
      children.spawned?.(effect, answer.value.id);
  }
}

/** Ends a life of a run that sleeps. */
export function asleep(): Fault {
  return new Fault("asleep", "The run sleeps until something comes for it");
}

function tooMany(most: number): Fault {
  return new Fault("limit-exceeded", `More than ${most} effects at once`, {
    hint: "If the program really needs more, write `run = { pending = … }` under [limits] of its sennit.toml.",
  });
}
