/**
 * One run and its log: what was recorded is played back, what is new is written behind it (RECOVERY).
 *
 *   L1  While there are recorded deliveries left, nothing is written and nothing performed: the run goes the way it went.
 *   L2  What the program says and asks is compared with what it said and asked. Where they differ, the run has `diverged`.
 *   L3  Entries are appended in the order in which they happen. Whoever acts outside waits for `durable` first (RULE 1).
 *   L4  Times are written where guests may see them, and seen from there again: the time of a run never goes back.
 *   L5  No snapshot is written before the program has said and asked again all that is recorded: what stands before one in
 *       the log, the state in it has behind it. A program that still computes when its deliveries end has not.
 */
import { Fault } from "../../../fault.ts";
import { encodeEntry } from "../../../journal/entry/entry-codec.ts";
import type {
  Blob,
  Channel,
  Digest,
  EffectClass,
  EffectId,
  Entry,
  EntryOf,
  Lsn,
  Outcome,
  Payload,
} from "../../../journal/entry/entry.ts";
import type { HeaderChange } from "../../../journal/store.ts";
import type { Answer, EffectRequest } from "../../../lang/effect.ts";
import type { Value } from "../../../wit/value.ts";
import type { RunLimits } from "../../../host/package/limits.ts";
import { beside } from "./beside.ts";
import type { Ledger } from "./ledger.ts";
import { describe, diverged } from "./diverged.ts";
import { Mailbox } from "../effects/mailbox.ts";
import type { Named } from "./open-entries.ts";
import { HEARD, Recorded } from "./recorded.ts";
import type { CallbackName, Delivery, Numbered, Signal } from "./recorded.ts";
import type { LogPort } from "./log-port.ts";
import { here, payloadOf } from "./payload.ts";
import { sinceRestart } from "../moved-run.ts";
import { encodeSnapshot } from "./snapshot.ts";
import type { Snapshot } from "./snapshot.ts";
import { RunTimes } from "./run-times.ts";
import type { ValueBytes } from "../value-bytes.ts";

export interface RunLogParts {
  readonly port: LogPort;
  readonly recorded: Recorded;
  readonly values: ValueBytes;
  /** The time in milliseconds since the epoch. */
  readonly now: () => number;
  readonly ledger: Ledger;
  readonly limits: RunLimits;
  /** Where the run begins, when that is not its first step. */
  readonly snapshot: Snapshot | null;
}

/** What a snapshot is made of, beside what the log knows. */
export interface Kept {
  readonly pending: readonly Named[];
  /** A call is among them. */
  readonly isCalling: boolean;
  readonly signals: readonly Signal[];
  readonly rest: Pick<Snapshot, "turn" | "latest" | "isCancelled" | "calls" | "children" | "vm">;
}

export class RunLog {
  readonly recorded: Recorded;
  readonly #port: LogPort;
  readonly #values: ValueBytes;
  /** While calls are made again to bring an instance to where it was. */
  deaf = false;
  readonly #broken: PromiseWithResolvers<Error> = Promise.withResolvers();
  #delivered = 0;
  #said = 0;
  #decided = 0;
  readonly #times: RunTimes;
  readonly #ledger: Ledger;
  readonly #limits: RunLimits;
  /** L5 */
  #isPast: boolean;

  constructor({ port, recorded, values, now, ledger, limits, snapshot }: RunLogParts) {
    this.#port = port;
    this.recorded = recorded;
    this.#values = values;
    this.#ledger = ledger;
    this.#limits = limits;
    const before = { latest: Math.max(recorded.latest, snapshot?.latestAt ?? 0), shown: snapshot?.shownAt ?? 0 };
    this.#times = new RunTimes(recorded.start.created, now, before);
    this.#isPast = recorded.next <= 2;
  }

  /** L5. Every branch waits, and nothing is left to be delivered again. */
  pass(): void {
    this.#isPast = true;
  }

  /** L4. The time of what is written now, in milliseconds since the run was created. */
  stamp(): number {
    return this.#times.stamp();
  }

  /** L4. The time of the last delivery, as it was recorded: in milliseconds since the epoch. */
  get shown(): number {
    return this.timeOf(this.#times.shown);
  }

  /** Milliseconds since the epoch. */
  timeOf(at: number): number {
    return this.#times.sinceEpoch(at);
  }

  /** Settles when the run cannot go on. */
  get lost(): Promise<Error> {
    return Promise.race([this.#port.lost, this.#broken.promise]);
  }

  break(why: Error): void {
    this.#broken.resolve(why);
  }

  /** How many of the recorded deliveries were taken. */
  get delivered(): number {
    return this.#delivered;
  }

  /** L1 */
  get replaying(): boolean {
    return this.#delivered < this.recorded.deliveries.length;
  }

  /**
   * The recorded delivery whose turn it is: 0 when every branch waits, else the count of the VM's breaths.
   *
   * @throws {Fault} `diverged` when every branch waits, and was computing then
   */
  next(turn: number): Delivery | null {
    const next = this.recorded.deliveries[this.#delivered];
    const due = next === undefined || next.kind === "CB" ? 0 : next.turn;
    if (next === undefined || due !== turn) {
      if (turn === 0 && next !== undefined) throw diverged("it waits", `it computed, in turn ${due}`);
      return null;
    }
    this.#delivered += 1;
    if (next.kind !== "CANCEL" && next.at !== undefined) this.#times.show(next.at);
    return next;
  }

  /** The recorded answer to an effect. */
  answer({ id, attempt }: Named): { readonly lsn: Lsn; readonly answer: Answer } | null {
    const done = this.recorded.done(id, attempt);
    if (done === undefined || done.entry.outcome === "abandoned") return null;
    const answer = this.#values.decodeAnswer(done.entry.outcome === "ok", here(done.entry.value));
    return { lsn: done.lsn, answer };
  }

  /** L2. What the program says is shown by those who follow the log. */
  say({ id, site }: EffectRequest, channel: Channel, value: Value): void {
    const before = this.recorded.outputs[this.#said];
    this.#said += 1;
    if (before === undefined) {
      this.#isPast = true;
      return this.#append({ kind: "OUT", eff: id, channel, value: this.#payload(value) });
    }
    if (before.eff !== id || before.channel !== channel) throw diverged(`${channel} at ${site}`, `${before.channel}`);
  }

  /** Something recorded that the program has not said or decided; null: nothing. Once nothing is left to deliver and it waits, it never will. */
  get unsaid(): string | null {
    const { outputs, decisions } = this.recorded;
    return outputs[this.#said]?.channel ?? (this.#decided < decisions.length ? "a race that was won" : null);
  }

  /** L2. Which branch of a race goes on. Its answer was delivered before: a replay decides so again. */
  decide(eff: EffectId, winner: number): void {
    const before = this.recorded.decisions[this.#decided];
    this.#decided += 1;
    if (before === undefined) return this.#append({ kind: "DEC", eff, winner });
    if (before.eff !== eff || before.winner !== winner)
      throw diverged(`branch ${winner}`, `branch ${before.winner} of a race`);
  }

  /** A guest says something. Nothing depends on it, and it is said once: a call that is made again says it to nobody. */
  hear(source: string, { level, text }: { readonly level: string; readonly text: string }): void {
    if (this.replaying || this.deaf) return;
    this.#append({ kind: "OUT", eff: HEARD, channel: "log", value: this.#payload([level, source, text]) });
  }

  /** The run asks for something outside. Resolves when it may be done. */
  async request(
    effect: Named & Pick<EffectRequest, "site">,
    kind: EffectClass,
    what: string,
    input: Value,
  ): Promise<void> {
    const { id: eff, attempt } = effect;
    if (!this.compare(effect, what, input)) {
      this.#append({ kind: "REQ", eff, attempt, class: kind, what, input: this.#payload(input) });
    }
    if (kind !== "read") await this.#port.flushed(this.#last);
  }

  /** Whether it was asked for before. @throws {Fault} `diverged` when it was something else */
  compare({ id, attempt, site }: Named & Pick<EffectRequest, "site">, what: string, input: Value): boolean {
    const before = this.recorded.request(id, attempt);
    if (before === undefined) return false;
    const isSame = before.kind === "REQ" && before.what === what && this.isSame(before.input, input);
    if (!isSame) throw diverged(`${what} at ${site}`, describe(before));
    return true;
  }

  /** Until when a timer runs that was set before, in milliseconds since the epoch. */
  armed({ id: eff, attempt, site }: EffectRequest): number | null {
    const before = this.recorded.request(eff, attempt);
    if (before === undefined) return null;
    if (before.kind !== "ARM") throw diverged(`a timer at ${site}`, describe(before));
    return before.at;
  }

  arm({ id: eff, attempt }: Named, at: number): void {
    this.#append({ kind: "ARM", eff, attempt, at: Math.max(0, Math.ceil(at)) });
  }

  /** An answer arrived: `fault` when it ended a guest, `abandoned` when nobody waits for it. */
  done({ id: eff, attempt }: Named, answer: Answer, how: "wanted" | "fault" | "abandoned", at?: number): void {
    const outcome: Outcome = how !== "wanted" ? how : answer.kind === "ok" ? "ok" : "error";
    const value = this.#payload(answer.kind === "ok" ? answer.value : answer.error);
    this.#append({ kind: "DONE", eff, attempt, outcome, value, ...(at === undefined ? {} : { at }) });
  }

  /** `signal` is the position of what was sent, when that is the answer. */
  deliver({ id: eff, attempt }: Named, turn: number, signal: Lsn): void {
    this.#append({ kind: "DLV", eff, attempt, turn, signal, at: this.#times.show() });
  }

  /** The program takes up what a guest called back. */
  callBack(callback: Omit<EntryOf<"CB">, "kind" | "args" | "at">, args: readonly Value[]): void {
    this.#append({ kind: "CB", ...callback, args: this.#payload(args), at: this.#times.show() });
  }

  /** That is over. */
  returned(callback: CallbackName, answer: Answer, at: number): void {
    const { eff, attempt, n } = callback;
    const value = this.#payload(answer.kind === "ok" ? answer.value : answer.error);
    this.#append({ kind: "CBRET", eff, attempt, n, outcome: answer.kind, value, at });
  }

  /** A group of instances begins anew. */
  generation(entry: Omit<EntryOf<"GEN">, "kind">): void {
    this.#append({ kind: "GEN", ...entry });
  }

  /** The state of a group of instances. Gives its position. */
  saved(entry: Omit<EntryOf<"ISNAP">, "kind" | "state">, state: Value): Lsn {
    this.#append({ kind: "ISNAP", ...entry, state: this.#payload(state) });
    return this.#last;
  }

  /** What was sent to the run, and not taken yet. */
  mailbox(): Mailbox {
    const { recorded } = this;
    return new Mailbox(
      {
        entries: (from, most) => this.#port.entries(from, most),
        watch: (told) => this.#port.watch(told),
        unread: () => this.#ledger.unread(this.#port.durable()),
        seen: (range) => this.#ledger.seen(range),
        most: this.#limits.signals,
        failed: (why) => this.break(why instanceof Error ? why : new Error(String(why))),
      },
      recorded.signals,
    );
  }

  /** The answer that a signal is. @throws {Fault} `journal-invalid` when there is none at that position */
  signalled(lsn: Lsn): Answer {
    const signal = this.recorded.signal(lsn);
    if (signal === undefined) throw new Fault("journal-invalid", `There is no signal at position ${lsn}`);
    return { kind: "ok", value: this.valueOf(signal.value) };
  }

  cancel(turn: number): void {
    this.#append({ kind: "CANCEL", turn });
  }

  /** A call enters a group of instances, for the `seq`-th time. */
  enter(call: Omit<Extract<Entry, { kind: "CALL" }>, "kind" | "args">, args: readonly Value[]): void {
    this.#append({ kind: "CALL", ...call, args: this.#payload(args) });
  }

  /** Whether the arguments are those that were recorded. */
  isSame(recorded: Payload, value: Value): boolean {
    return this.#values.isSame(here(recorded), value);
  }

  valueOf(payload: Payload): Value {
    return this.#values.decode(here(payload));
  }

  answerOf(outcome: Outcome, payload: Payload): Answer {
    return this.#values.decodeAnswer(outcome === "ok", here(payload));
  }

  /** A value beside the log; null when it cannot be had any more. */
  async fetch({ digest }: Blob): Promise<Uint8Array | null> {
    return (await this.#port.blob?.(digest).catch(() => null)) ?? null;
  }

  /** The log from a position up to here, what this life added to it among it. */
  async reload(from: Lsn): Promise<Recorded> {
    await this.#port.flushed(this.#last);
    const entries = sinceRestart(await this.#port.entries(from));
    return new Recorded(from === 1 ? entries : [{ lsn: 1, entry: this.recorded.start }, ...entries]);
  }

  /** Nobody waits for it any more, and it was not done. */
  abandon({ id: eff, attempt }: Named): void {
    this.#append({ kind: "ABANDON", eff, attempt });
  }

  /** Until when the timer of a pending effect runs, in milliseconds since the epoch; null when it has none. */
  due(effect: Named): number | null {
    return this.#ledger.open.armed(effect);
  }

  /** Whether a snapshot is worth its bytes, and may be written (L5). */
  get isLong(): boolean {
    return this.#isPast && this.#ledger.isLong;
  }

  /** What a run needs of its log to go on from here without it. */
  snapshot({ pending, isCalling, signals, rest }: Kept): Snapshot {
    const { open, before } = this.#ledger;
    const untaken = signals.map(({ lsn, name, value }): Numbered => {
      return { lsn, entry: { kind: "SIG", name, sender: "", value } };
    });
    const moved = this.recorded.moved === null ? [] : [this.recorded.moved];
    const carried = [...moved, ...open.of(pending, isCalling), ...untaken].toSorted((a, b) => a.lsn - b.lsn);
    const times = { latestAt: this.#times.latest, shownAt: this.#times.shown };
    return {
      ...before,
      ...times,
      ...rest,
      carried: carried.map(({ lsn, entry }) => ({ lsn, entry: beside(entry, (bytes) => this.#bytes(bytes)) })),
    };
  }

  /** Writes one. With `isEnough`, what nobody needs any more is forgotten once that is durable. */
  snap(snapshot: Snapshot, ir: Digest, isEnough: boolean, change: HeaderChange): void {
    const state = encodeSnapshot(snapshot);
    this.#append({ kind: "SNAP", ir, state: isEnough ? state : this.#bytes(state) }, change);
    this.#ledger.kept(this.#last, state.length);
    this.change({ snap: this.#last });
    const below = isEnough ? this.#ledger.forget(snapshot) : null;
    if (below !== null) this.#forget(below, this.#last).catch((why: Error) => this.break(why));
  }

  async #forget(below: Lsn, snap: Lsn): Promise<void> {
    await this.#port.flushed(snap);
    await this.#port.forget?.(below);
  }

  /** Changes what the store says of the run, with the next commit. */
  change(change: HeaderChange): void {
    this.#port.append([], change);
  }

  /** Resolves when all that was written is durable. */
  async written(): Promise<void> {
    await this.#port.flushed(this.#last);
  }

  get #last(): Lsn {
    return this.#appended ?? this.#port.durable();
  }

  #appended: Lsn | null = null;

  #append(entry: Entry, change?: HeaderChange): void {
    const bytes = encodeEntry(entry);
    this.#appended = this.#port.append([bytes], change);
    this.#ledger.wrote(this.#appended, entry, bytes.length);
    try {
      this.#ledger.check(this.#limits);
    } catch (failure) {
      this.break(failure as Error);
    }
  }

  #bytes(bytes: Uint8Array): Payload {
    return payloadOf(bytes, (large) => this.#port.keep(large));
  }

  #payload(value: Value): Payload {
    return this.#bytes(this.#values.encode(value));
  }
}
