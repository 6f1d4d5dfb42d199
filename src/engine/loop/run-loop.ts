/**
 * The loop of one run: the VM asks, this performs and answers, one delivery at a time (RECOVERY RULE 4).
 *
 *   R1  The VM runs until every branch waits; then ONE answer is delivered, in order of arrival.
 *   R2  What a run shows (print, log, emit, progress) reaches its follower in the VM's order.
 *   R4  A run with a log goes the way that is recorded first, and performs nothing meanwhile; then it is live.
 */
import { Defect, Fault } from "../../fault.ts";
import type { Vm } from "../../lang/vm/vm.ts";
import type { Outcome, VmHost } from "../../lang/vm/host.ts";
import type { Answer, EffectRequest } from "../../lang/effect.ts";
import type { ChildRuns } from "./children.ts";
import type { Delivery } from "../durable/log/recorded.ts";
import type { Recording } from "../durable/log/recording.ts";
import { asleep, Tape } from "../durable/tape.ts";
import type { Again, Running } from "../durable/tape.ts";
import { ForeignCalls } from "../guests/foreign-calls.ts";
import { Inbox } from "./inbox.ts";
import type { InstanceGroup } from "../guests/instances.ts";
import type { Tally } from "./limits.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import type { Arrived, Pending } from "./pending.ts";
import { Performer } from "./perform.ts";
import type { RunPorts } from "../platform/ports.ts";
import type { RunOptions, RunResult } from "./run-options.ts";

/** Instructions between two looks at the world: about two milliseconds. */
export const BUDGET = 20_000;

export interface RunParts {
  readonly program: LoadedProgram;
  readonly vm: Vm;
  readonly ports: RunPorts;
  readonly options: RunOptions;
  readonly group: InstanceGroup;
  readonly tally: Tally;
  readonly recording: Recording | null;
  /** `failed`: to be told what the run cannot go on after. */
  readonly childrenOf: (failed: (why: unknown) => void) => ChildRuns;
}

export class Run {
  readonly children: ChildRuns;
  readonly #vm: Vm;
  readonly #ports: RunPorts;
  readonly #options: RunOptions;
  readonly #calls: ForeignCalls;
  readonly #performer: Performer;
  readonly #tape: Tape | null;
  /** R4 */
  #isLive: boolean;
  /** How often the VM was stopped while it computed. */
  #turn = 0;
  #cancelAsked = false;
  #isOver = false;
  readonly #inbox = new Inbox();
  #broken: unknown = undefined;

  constructor({ program, vm, ports, options, group, tally, recording, childrenOf }: RunParts) {
    this.#vm = vm;
    this.#ports = ports;
    this.#options = options;
    this.#isLive = recording === null;
    this.#calls = new ForeignCalls(program, group, ports, {
      start: (call, closure, callbackArgs) => {
        const id = this.#vm.callback(call, closure, callbackArgs);
        this.#inbox.wake();
        return id;
      },
      around: (effect) => this.#vm.callbackAround(effect),
      ...(options.oneByOne === true ? {} : { ahead: (effect, most) => this.#vm.ahead(effect, most) }),
      durable: recording && {
        run: options.id,
        log: recording.log,
        records: recording.records,
        arrive: (call, asked) => (this.#isOver ? asked.refuse() : this.#inbox.calledBack(call, asked)),
        rebuildDeadline: options.rebuildDeadline ?? tally.limits.rebuild,
      },
    });
    this.children = childrenOf((why) => this.#break(why));
    this.#performer = new Performer(ports, this.#calls, this.children, options, tally);
    const { children } = this;
    const [calls, performer, { clock }] = [this.#calls, this.#performer, ports];
    this.#tape =
      recording && new Tape(recording, { program, clock, calls, performer, children, limits: tally.limits, options });
    const snapshot = recording?.snapshot ?? null;
    if (snapshot === null) return;
    this.#turn = snapshot.turn;
    for (const effect of vm.pending()) this.#inbox.ask(effect, null);
  }

  async drive(): Promise<RunResult> {
    const { signal, stop } = this.#options;
    const isCancelled = this.#tape?.isCancelled === true;
    const cancel = (): void => {
      if (isCancelled) return;
      this.#cancelAsked = true;
      this.#inbox.wake();
    };
    signal?.addEventListener("abort", cancel, { once: true });
    if (signal?.aborted === true) cancel();
    const halt = (): void => this.#break(new Fault("stopped", "The run was stopped, and can be taken up again"));
    stop?.addEventListener("abort", halt, { once: true });
    if (stop?.aborted === true) halt();
    void this.#tape?.log.lost.then((why) => this.#break(why));
    try {
      await this.#calls.ready();
      return await this.#loop();
    } finally {
      signal?.removeEventListener("abort", cancel);
      stop?.removeEventListener("abort", halt);
      this.#isOver = true;
      if (this.#broken !== undefined) this.children.stop?.();
      this.#tape?.[Symbol.dispose]();
      this.#inbox.close();
    }
  }

  async #loop(): Promise<RunResult> {
    const host: VmHost = { callNow: (call, args) => this.#calls.now(call, args) };
    let sinceBreath = 0;
    for (;;) {
      if (this.#ports.isCrowded?.() === true) await this.#ports.breathe();
      this.#ports.turn?.();
      const outcome = this.#vm.run(host, BUDGET);
      this.#take(outcome);
      if (this.#broken !== undefined) throw this.#broken;
      switch (outcome.state) {
        case "done":
          return this.#ended({ state: "done", value: outcome.value });
        case "failed":
          return this.#ended({ state: "failed", error: outcome.error });
        case "cancelled":
          return this.#ended({ state: "cancelled" });
        case "yielded":
          this.#turn += 1;
          if (this.#isLive || this.#turn % 64 === 0) await this.#ports.breathe();
          break;
        case "waiting":
          this.#tape?.rewrite(this.#vm);
          this.#calls.settle(this.#inbox.pending);
          if (this.#tape?.replaying !== true) await this.#something(++sinceBreath);
          break;
      }
      const computing = outcome.state === "yielded";
      // Not behind a delivery: what is in the VM's inbox would be asked for again.
      if (!computing) this.#tape?.mark(this.#running);
      if (this.#tape?.replaying === true) this.#replay(this.#tape, computing);
      else if (!this.#deliver(computing) && computing) this.#tape?.mark(this.#running);
    }
  }

  #ended(result: RunResult): RunResult {
    if (this.#tape?.hasEnded !== true) this.children.goLive?.();
    return result;
  }

  /** Waits until there is something to deliver. */
  async #something(count: number): Promise<void> {
    this.#goLive();
    this.#tape?.log.pass();
    if (count % 64 === 0) await this.#ports.breathe(); // answers that need no event of the platform would keep it from all others
    if (this.#hasNews) return;
    const mayDoze = this.#tape?.sleepAfter !== undefined && this.#tape.isPatient(this.#inbox.pending);
    if (!mayDoze) await this.#inbox.news();
    else await this.#doze(this.#tape, this.#tape.sleepAfter);
  }

  get #hasNews(): boolean {
    return this.#inbox.arrived.length > 0 || this.#cancelAsked || this.#broken !== undefined;
  }

  /** As long as nothing comes for so long, it sleeps if it may. */
  async #doze(tape: Tape, after: number): Promise<void> {
    const over = new AbortController();
    const news = this.#inbox.news().finally(() => over.abort());
    await Promise.race([news, this.#ports.clock.sleep(after, over.signal)]);
    if (!over.signal.aborted && !this.#hasNews && (await tape.sleep(this.#running))) {
      if (!this.#hasNews) this.#broken = asleep();
      else tape.wake();
    }
    if (!this.#hasNews) await news;
  }

  get #running(): Running {
    const { pending } = this.#inbox;
    return { isLive: this.#isLive, vm: () => this.#vm.encode(), turn: this.#turn, pending };
  }

  /** R1. A run that computes looks for its timers and for its cancellation only. Gives whether there was anything. */
  #deliver(computing: boolean): boolean {
    // It computes as it did: what it says and decides meanwhile is recorded, and what it gave up then is waited for still.
    if (computing && !this.#isLive && (this.#tape?.log.unsaid ?? null) !== null) return false;
    this.#goLive();
    const turn = computing ? this.#turn : 0;
    const isCancelled = this.#cancelAsked;
    if (isCancelled) {
      this.#cancelAsked = false;
      this.#tape?.cancel(turn);
      this.#vm.cancel();
      if (!computing) return true;
    }
    const { arrived } = this.#inbox;
    const due = computing ? arrived.filter(({ pending }) => this.#vm.isTimer(pending.effect.id)) : arrived.slice(0, 1);
    for (const each of due) this.#hand(each, turn);
    return isCancelled || due.length > 0;
  }

  #hand(arrived: Arrived, turn: number): void {
    this.#inbox.take(arrived);
    if (arrived.kind === "callback") return this.#takeUp(arrived);
    const { pending, answer } = arrived;
    this.#tape?.deliver(pending.effect, turn);
    this.#inbox.over(pending.effect);
    this.#vm.deliver(pending.effect.id, answer);
  }

  /** The call may have been answered before: nobody is there to be called back, then. */
  #takeUp({ pending, asked }: Extract<Arrived, { readonly kind: "callback" }>): void {
    if (this.#inbox.isWanted(pending)) asked.begin();
    else asked.refuse();
  }

  /** R4. What was delivered then, in its order. */
  #replay(tape: Tape, computing: boolean): void {
    const turn = computing ? this.#turn : 0;
    for (let next = tape.log.next(turn); next !== null; next = computing ? tape.log.next(turn) : null) {
      if (next.kind === "CANCEL") this.#vm.cancel();
      else this.#again(tape.again(this.#inbox.pending.get(next.eff)?.effect, next), next);
    }
  }

  #again(again: Again, delivery: Exclude<Delivery, { kind: "CANCEL" }>): void {
    if (again.answer !== null) {
      this.#inbox.over(again.effect);
      this.#vm.deliver(again.effect.id, again.answer);
    } else if (delivery.kind === "CB") this.#calls.startCallback(delivery, again.call);
  }

  /** The run has come to where its log ends: what waits is answered as it was, or done. */
  #goLive(): void {
    if (this.#isLive) return;
    this.#isLive = true;
    const waiting = [...this.#inbox.pending.values()];
    const known = this.#tape?.goLive(waiting, this.#vm.state) ?? [];
    this.#inbox.add(known);
    for (const pending of waiting) {
      if (!known.some((each) => each.pending === pending)) this.#perform(pending.effect);
    }
  }

  #take(outcome: Outcome): void {
    for (const decision of outcome.decisions) this.#tape?.decided(decision);
    for (const id of outcome.abandoned) this.#abandon(id);
    for (const { id, answer } of outcome.callbacks) this.#calls.answerCallback(id, answer);
    // Asked and abandoned within one outcome; or abandoned and asked for again, by the next attempt of a `retry`.
    const wanted = outcome.abandoned.length === 0 ? null : new Set(this.#vm.pending());
    for (const request of outcome.requests) {
      if (this.#tape?.say(request) === true || this.#performer.show(request)) continue;
      if (wanted?.has(request) !== false) this.#perform(request);
    }
  }

  /**
   * An answer that has arrived already is delivered all the same, and ignored by the VM: what could ask again under this id
   * comes after the back-off of a `retry`, which is answered later.
   */
  #abandon(id: string): void {
    const pending = this.#inbox.abandon(id);
    this.children.cancel(id);
    if (pending !== undefined) this.#tape?.abandon(pending.effect, this.#isLive);
  }

  #perform(effect: EffectRequest): void {
    this.#options.onlooker?.asked(effect);
    const known = this.#isLive ? (this.#performer.foreknown(effect) ?? this.#tape?.known(effect) ?? null) : null;
    if (!this.#isLive || known !== null) {
      const pending = this.#inbox.ask(effect, null);
      if (known !== null) this.#inbox.add([{ kind: "answer", pending, answer: known }]);
      return;
    }
    const controller = new AbortController();
    const pending = this.#inbox.ask(effect, controller);
    (this.#tape ?? this.#performer)
      .answer(effect, controller.signal)
      .then((answer) => this.#arrive(pending, answer, controller.signal.aborted))
      .catch((failure: unknown) => this.#break(failure));
  }

  /** The run cannot go on. */
  #break(why: unknown): void {
    const isKnown = why instanceof Defect || why instanceof Fault;
    this.#broken ??= isKnown ? why : new Defect(`an effect failed with ${String(why)}`, why);
    this.#inbox.wake();
  }

  #arrive(pending: Pending, answer: Answer | null, isGivenUp: boolean): void {
    if (this.#isOver) return;
    const isWanted = this.#inbox.isWanted(pending);
    this.#tape?.arrived(pending.effect, answer, isWanted, isGivenUp);
    // Abandoned meanwhile, and perhaps asked for again since: its answer is nobody's.
    if (isWanted && answer !== null) this.#inbox.answered(pending, answer);
  }
}
