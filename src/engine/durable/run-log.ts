/**
 * One run and its log: what was recorded is played back, what is new is written behind it (RECOVERY).
 *
 *   L1  While there are recorded deliveries left, nothing is written and nothing performed: the run goes the way it went.
 *   L2  What the program says and asks is compared with what it said and asked. Where they differ, the run has `diverged`.
 *   L3  Entries are appended in the order in which they happen. Whoever acts outside waits for `durable` first (RULE 1).
 */
import { Fault } from "../../fault.ts";
import { encodeEntry } from "../../journal/entry-codec.ts";
import { Blob } from "../../journal/entry.ts";
import type { Channel, EffectClass, Entry, Lsn, Outcome, Payload } from "../../journal/entry.ts";
import type { HeaderChange } from "../../journal/store.ts";
import type { Answer, EffectRequest } from "../../lang/effect.ts";
import type { Value } from "../../wit/value.ts";
import { Mailbox } from "./mailbox.ts";
import { HEARD, Recorded } from "./recorded.ts";
import type { Delivery } from "./recorded.ts";
import type { LogPort } from "./log-port.ts";
import type { ValueBytes } from "./value-bytes.ts";

/** Bytes beyond which a value lies beside the log. */
export const LARGE = 16_384;

type Named = Pick<EffectRequest, "id" | "attempt">;

export class RunLog {
  readonly recorded: Recorded;
  readonly #port: LogPort;
  readonly #values: ValueBytes;
  /** While calls are made again to bring an instance to where it was. */
  deaf = false;
  readonly #broken: PromiseWithResolvers<Error> = Promise.withResolvers();
  #delivered = 0;
  #said = 0;

  constructor(port: LogPort, recorded: Recorded, values: ValueBytes) {
    this.#port = port;
    this.recorded = recorded;
    this.#values = values;
  }

  /** Settles when the run cannot go on. */
  get lost(): Promise<Error> {
    return Promise.race([this.#port.lost, this.#broken.promise]);
  }

  break(why: Error): void {
    this.#broken.resolve(why);
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
    if (next === undefined || next.turn !== turn) {
      if (turn === 0 && next !== undefined) throw diverged("it waits", `it computed, in turn ${next.turn}`);
      return null;
    }
    this.#delivered += 1;
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
    if (before === undefined) return this.#append({ kind: "OUT", eff: id, channel, value: this.#payload(value) });
    if (before.eff !== id || before.channel !== channel) throw diverged(`${channel} at ${site}`, `${before.channel}`);
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
  done({ id: eff, attempt }: Named, answer: Answer, how: "wanted" | "fault" | "abandoned"): void {
    const outcome: Outcome = how !== "wanted" ? how : answer.kind === "ok" ? "ok" : "error";
    const value = answer.kind === "ok" ? answer.value : answer.error;
    this.#append({ kind: "DONE", eff, attempt, outcome, value: this.#payload(value) });
  }

  /** `signal` is the position of what was sent, when that is the answer. */
  deliver({ id: eff, attempt }: Named, turn: number, signal: Lsn): void {
    this.#append({ kind: "DLV", eff, attempt, turn, signal });
  }

  /** What was sent to the run, and not taken yet. */
  mailbox(): Mailbox {
    const { signals, next } = this.recorded;
    return new Mailbox(this.#port, signals, next, (why) =>
      this.break(why instanceof Error ? why : new Error(String(why))),
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

  /** The log up to here, what this life added to it among it. */
  async reload(): Promise<Recorded> {
    await this.#port.flushed(this.#last);
    return new Recorded(await this.#port.entries(1));
  }

  get #last(): Lsn {
    return this.#appended ?? this.#port.durable();
  }

  #appended: Lsn | null = null;

  #append(entry: Entry, change?: HeaderChange): void {
    this.#appended = this.#port.append([encodeEntry(entry)], change);
  }

  #payload(value: Value): Payload {
    const bytes = this.#values.encode(value);
    return bytes.length <= LARGE ? bytes : new Blob(this.#port.keep(bytes), bytes.length);
  }
}

export function diverged(now: string, before: string): Fault {
  return new Fault("diverged", `The run goes another way than before: now ${now}, recorded ${before}`, {
    hint: "The program or a plugin changed. Run it with the versions that it began with, or start a new run.",
  });
}

function describe(entry: Extract<Entry, { kind: "REQ" | "ARM" }>): string {
  return entry.kind === "REQ" ? entry.what : "a timer";
}

/** Values beside the log are fetched before a replay begins. */
function here(payload: Payload): Uint8Array {
  if (payload instanceof Blob) throw new Fault("blob-missing", `The value ${payload.digest} was not fetched`);
  return payload;
}
