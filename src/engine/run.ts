/**
 * One run of a program, in memory: the VM asks, this performs and answers, one delivery at a time (RECOVERY RULE 4).
 *
 *   R1  The VM runs until every branch waits; then ONE answer is delivered, in order of arrival.
 *   R2  What a run shows (print, log, emit, progress) reaches its follower in the VM's order.
 *   R3  However a run ends, its instances, timers, commands and children are gone before `execute` settles.
 *   R4  A run with a log goes the way that is recorded first, and performs nothing meanwhile; then it is live.
 */
import { Defect, Fault } from "../fault.ts";
import type { Task } from "../lang/value.ts";
import { Vm } from "../lang/vm/vm.ts";
import type { Outcome, VmHost } from "../lang/vm/host.ts";
import type { Answer, EffectRequest } from "../lang/effect.ts";
import type { Value } from "../wit/value.ts";
import { Children } from "./children.ts";
import type { ChildRuns, StartChild } from "./children.ts";
import { say } from "./durable/say.ts";
import { answerDurably } from "./durable/answers.ts";
import { CallRecords } from "./durable/call-records.ts";
import { DurableChildren } from "./durable/durable-children.ts";
import { natureOf } from "./durable/nature.ts";
import type { Nature } from "./durable/nature.ts";
import { GuestEffects } from "./durable/guest-effects.ts";
import type { RunJournal } from "./durable/log-port.ts";
import { diverged, RunLog } from "./durable/run-log.ts";
import { ValueBytes } from "./durable/value-bytes.ts";
import type { Mailbox } from "./durable/mailbox.ts";
import { Recorded } from "./durable/recorded.ts";
import type { Delivery, Signal } from "./durable/recorded.ts";
import { ForeignCalls } from "./foreign-calls.ts";
import { InstanceGroup } from "./instances.ts";
import { Tally } from "./limits.ts";
import type { LoadedProgram } from "./loaded.ts";
import { Performer } from "./perform.ts";
import type { RunPorts } from "./ports.ts";
import type { RunOptions, RunResult } from "./run-options.ts";

/** Instructions between two looks at the world: about two milliseconds. */
const BUDGET = 20_000;

/** Runs one function of a loaded program to its end. A run that another one started counts in its tally. */
export async function execute(
  program: LoadedProgram,
  fn: number,
  args: readonly Value[],
  ports: RunPorts,
  options: RunOptions,
  tally: Tally = new Tally(program.limits),
): Promise<RunResult> {
  const log = options.journal === undefined ? null : logOf(options.journal, program);
  const records = log === null ? null : new CallRecords(program, log);
  await using group = new InstanceGroup(program, {
    ...(log === null || records === null ? {} : { effects: new GuestEffects(log, records), isHurried: () => log.deaf }),
    seed: options.seed,
    clock: ports.clock,
    log: (source, line) => {
      if (log === null) ports.follow({ kind: "log", level: line.level, source, text: line.text });
      else log.hear(source, line);
    },
    progress: (done, total, text) => ports.follow({ kind: "progress", done, total, text }),
    tally,
  });
  const run = new Run(program, fn, args, ports, options, group, tally, log, records);
  await using children = run.children;
  void children;
  return await run.drive();
}

function logOf({ port, entries }: RunJournal, { ir }: LoadedProgram): RunLog {
  return new RunLog(port, new Recorded(entries), new ValueBytes(ir));
}

interface Pending {
  readonly effect: EffectRequest;
  /** Null when its answer is there already, or nobody was asked yet. */
  readonly controller: AbortController | null;
}

interface Arrived {
  readonly pending: Pending;
  readonly answer: Answer;
  /** What it was sent, when it waited for that. */
  readonly signal?: Signal;
}

class Run {
  readonly children: ChildRuns;
  readonly #vm: Vm;
  readonly #ports: RunPorts;
  readonly #calls: ForeignCalls;
  readonly #performer: Performer;
  readonly #program: LoadedProgram;
  readonly #log: RunLog | null;
  readonly #records: CallRecords | null;
  readonly #mailbox: Mailbox | null;
  /** R4 */
  #isLive: boolean;
  /** How often the VM was stopped while it computed. */
  #turn = 0;
  #cancelAsked = false;
  #isOver = false;
  readonly #signal: AbortSignal | undefined;
  readonly #stop: AbortSignal | undefined;
  /** Answers in order of arrival, not delivered yet. */
  readonly #arrived: Arrived[] = [];
  /** By effect id: what is asked and not delivered. The attempts of a `retry` ask by the same ids (effect.ts). */
  readonly #pending = new Map<string, Pending>();
  /** Something came in (an answer, a callback, a cancellation) since the loop last looked. */
  #woken = false;
  #resume: (() => void) | null = null;
  #broken: unknown = undefined;

  constructor(
    program: LoadedProgram,
    fn: number,
    args: readonly Value[],
    ports: RunPorts,
    options: RunOptions,
    group: InstanceGroup,
    tally: Tally,
    log: RunLog | null,
    records: CallRecords | null,
  ) {
    this.#ports = ports;
    this.#program = program;
    this.#log = log;
    this.#records = records;
    this.#mailbox = log?.mailbox() ?? null;
    this.#isLive = log === null;
    this.#signal = options.signal;
    this.#stop = options.stop;
    this.#vm = Vm.start(program.ir, fn, args, {
      runId: options.id,
      limits: { fibers: tally.limits.branches },
    });
    this.#calls = new ForeignCalls(program, group, ports, {
      start: (call, closure, callbackArgs) => {
        const id = this.#vm.callback(call, closure, callbackArgs);
        this.#wake();
        return id;
      },
      around: (effect) => this.#vm.callbackAround(effect),
      ...(options.oneByOne === true ? {} : { ahead: (effect, most) => this.#vm.ahead(effect, most) }),
      records: this.#records,
    });
    const start: StartChild = (childFn, childArgs, id, signal) =>
      execute(program, childFn, childArgs, ports, { ...options, id, signal }, tally);
    this.children =
      options.children === undefined
        ? new Children(options.id, start, tally)
        : new DurableChildren(options.id, options.children, tally, (why) => this.#break(why));
    this.#performer = new Performer(ports, this.#calls, this.children, options, tally);
  }

  async drive(): Promise<RunResult> {
    const isCancelled = this.#log?.recorded.deliveries.some(({ kind }) => kind === "CANCEL") === true;
    const cancel = (): void => {
      if (isCancelled) return;
      this.#cancelAsked = true;
      this.#wake();
    };
    this.#signal?.addEventListener("abort", cancel, { once: true });
    if (this.#signal?.aborted === true) cancel();
    const stop = (): void => this.#break(new Fault("stopped", "The run was stopped, and can be taken up again"));
    this.#stop?.addEventListener("abort", stop, { once: true });
    if (this.#stop?.aborted === true) stop();
    void this.#log?.lost.then((why) => this.#break(why));
    try {
      await this.#calls.ready();
      return await this.#loop();
    } finally {
      this.#signal?.removeEventListener("abort", cancel);
      this.#stop?.removeEventListener("abort", stop);
      this.#isOver = true;
      if (this.#broken !== undefined) this.children.stop?.();
      this.#mailbox?.[Symbol.dispose]();
      for (const { controller } of this.#pending.values()) controller?.abort();
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
      if (isEnd(outcome) && this.#log?.recorded.end === null) this.children.goLive?.();
      switch (outcome.state) {
        case "done":
          return { state: "done", value: outcome.value };
        case "failed":
          return { state: "failed", error: outcome.error };
        case "cancelled":
          return { state: "cancelled" };
        case "yielded":
          this.#turn += 1;
          if (this.#isLive || this.#turn % 64 === 0) await this.#ports.breathe();
          break;
        case "waiting":
          this.#calls.settle(this.#pending);
          if (this.#log?.replaying !== true) await this.#something(++sinceBreath);
          break;
      }
      if (this.#log?.replaying === true) this.#replay(this.#log, outcome.state === "yielded");
      else this.#deliver(outcome.state === "yielded");
    }
  }

  /** Waits until there is something to deliver. */
  async #something(count: number): Promise<void> {
    this.#goLive();
    if (this.#arrived.length === 0 && !this.#cancelAsked) await this.#arrival();
    else if (count % 64 === 0) await this.#ports.breathe();
  }

  /** R1. A run that computes looks for its timers and for its cancellation only. */
  #deliver(computing: boolean): void {
    this.#goLive();
    const turn = computing ? this.#turn : 0;
    if (this.#cancelAsked) {
      this.#cancelAsked = false;
      this.#log?.cancel(turn);
      this.#vm.cancel();
      if (!computing) return;
    }
    const due = computing
      ? this.#arrived.filter(({ pending }) => this.#vm.isTimer(pending.effect.id))
      : [this.#arrived[0]];
    for (const each of due) if (each !== undefined) this.#hand(each, turn);
  }

  #hand(arrived: Arrived, turn: number): void {
    this.#arrived.splice(this.#arrived.indexOf(arrived), 1);
    const { pending, answer } = arrived;
    this.#log?.deliver(pending.effect, turn, arrived.signal?.lsn ?? 0);
    this.#over(pending.effect);
    this.#vm.deliver(pending.effect.id, answer);
  }

  /** R4. What was delivered then, in its order. */
  #replay(log: RunLog, computing: boolean): void {
    const turn = computing ? this.#turn : 0;
    for (let next = log.next(turn); next !== null; next = computing ? log.next(turn) : null) this.#again(log, next);
  }

  #again(log: RunLog, delivery: Delivery): void {
    if (delivery.kind === "CANCEL") return this.#vm.cancel();
    const pending = this.#pending.get(delivery.eff);
    if (pending === undefined || pending.effect.attempt !== delivery.attempt) {
      throw diverged("nothing of the kind", `an answer to ${delivery.eff}`);
    }
    const { effect } = pending;
    const signalled = delivery.signal === 0 ? null : log.signalled(delivery.signal);
    const answer = signalled ?? log.answer(effect)?.answer ?? this.#performer.computed(effect);
    if (answer === null) throw diverged(`${effect.request.kind} at ${effect.site}`, "an answer that is not there");
    this.#compare(effect, answer);
    this.#over(effect);
    this.#remember(effect, answer);
    this.#vm.deliver(effect.id, answer);
  }

  /** Which children there are, of those that were spawned before. */
  #remember(effect: EffectRequest, answer: Answer): void {
    if (effect.request.kind === "join") this.children.joined?.(effect.request.task);
    if (effect.request.kind !== "spawn" || answer.kind === "error") return;
    this.children.spawned?.(effect, (answer.value as Task).id);
  }

  /** What is answered from the log is what was asked for then. */
  #compare(effect: EffectRequest, answer: Answer): void {
    const nature = natureOf(effect, this.#program);
    if (nature.kind === "outside") this.#log?.compare(effect, nature.what, nature.input);
    this.#records?.check(effect);
    this.#performer.told(effect, answer);
  }

  /** The run has come to where its log ends: what waits is answered as it was, or done. */
  #goLive(): void {
    if (this.#isLive) return;
    this.#isLive = true;
    const waiting = [...this.#pending.values()];
    const known = waiting.flatMap((pending) => {
      const found = this.#log?.answer(pending.effect) ?? null;
      return found === null ? [] : [{ pending, ...found }];
    });
    for (const { pending, answer } of known) {
      this.#compare(pending.effect, answer);
      this.#remember(pending.effect, answer);
    }
    this.children.goLive?.();
    this.#arrived.push(...known.toSorted((a, b) => a.lsn - b.lsn));
    for (const pending of waiting) {
      if (!known.some((each) => each.pending === pending)) this.#perform(pending.effect);
    }
  }

  /** An effect is delivered, or given up. */
  #over({ id, attempt }: EffectRequest): void {
    if (this.#pending.get(id)?.effect.attempt === attempt) this.#pending.delete(id);
  }

  #take(outcome: Outcome): void {
    for (const id of outcome.abandoned) this.#abandon(id);
    for (const { id, answer } of outcome.callbacks) this.#calls.answerCallback(id, answer);
    // Asked and abandoned within one outcome; or abandoned and asked for again, by the next attempt of a `retry`.
    const wanted = outcome.abandoned.length === 0 ? null : new Set(this.#vm.pending());
    for (const request of outcome.requests) {
      if (this.#say(request) || this.#performer.show(request)) continue;
      if (wanted?.has(request) !== false) this.#perform(request);
    }
  }

  #say(effect: EffectRequest): boolean {
    return this.#log !== null && say(this.#log, effect, (any) => this.#calls.data(any));
  }

  /**
   * An answer that has arrived already is delivered all the same, and ignored by the VM: what could ask again under this id
   * comes after the back-off of a `retry`, which is answered later.
   */
  #abandon(id: string): void {
    const pending = this.#pending.get(id);
    pending?.controller?.abort();
    if (pending !== undefined) this.#over(pending.effect);
    for (const { signal } of this.#arrived.filter((each) => each.pending === pending)) {
      if (signal !== undefined) this.#mailbox?.giveBack(signal);
    }
    this.#arrived.splice(0, Infinity, ...this.#arrived.filter((each) => each.pending !== pending));
    this.children.cancel(id);
    if (!this.#isLive && pending?.effect.request.kind === "spawn") this.children.givenUp?.(pending.effect);
    if (pending?.effect.request.kind === "join") this.children.cancelTask?.(pending.effect.request.task);
  }

  #perform(effect: EffectRequest): void {
    const nature = this.#log === null ? null : natureOf(effect, this.#program);
    const answer = this.#isLive ? this.#performer.foreknown(effect) : null;
    const known = this.#isLive && answer === null ? (this.#log?.answer(effect)?.answer ?? null) : answer;
    if (!this.#isLive || known !== null) {
      const pending = { effect, controller: null };
      this.#pending.set(effect.id, pending);
      if (known !== null) this.#arrived.push({ pending, answer: known });
      return;
    }
    const controller = new AbortController();
    const pending = { effect, controller };
    this.#pending.set(effect.id, pending);
    this.#answer(effect, nature, controller.signal)
      .then((found) => this.#arrive(pending, found, nature, controller.signal.aborted))
      .catch((failure: unknown) => this.#break(failure));
  }

  /** The run cannot go on. */
  #break(why: unknown): void {
    const isKnown = why instanceof Defect || why instanceof Fault;
    this.#broken ??= isKnown ? why : new Defect(`an effect failed with ${String(why)}`, why);
    this.#wake();
  }

  async #answer(effect: EffectRequest, nature: Nature | null, signal: AbortSignal): Promise<Answer | Signal> {
    const [log, mailbox, performer] = [this.#log, this.#mailbox, this.#performer];
    if (log === null || mailbox === null || nature === null) return await performer.answer(effect, signal);
    return await answerDurably(effect, nature, signal, { log, mailbox, performer, clock: this.#ports.clock });
  }

  #arrive(pending: Pending, found: Answer | Signal, nature: Nature | null, isGivenUp: boolean): void {
    if (this.#isOver) return;
    const { effect } = pending;
    const isWanted = this.#pending.get(effect.id) === pending;
    if (!("kind" in found)) return this.#received(pending, found, isWanted);
    const answer = found;
    const isStopped = isGivenUp && answer.kind === "error";
    const isFault = nature?.kind === "call" && this.#calls.left(nature.package, effect, isStopped);
    const how = isFault ? "fault" : isWanted ? "wanted" : "abandoned";
    if (nature !== null && nature.kind !== "computed") this.#log?.done(effect, answer, how);
    // Abandoned meanwhile, and perhaps asked for again since: its answer is nobody's.
    if (!isWanted) return;
    this.#arrived.push({ pending, answer });
    this.#wake();
  }

  /** A signal is an answer that is in the log already. */
  #received(pending: Pending, signal: Signal, isWanted: boolean): void {
    if (!isWanted || this.#log === null) return this.#mailbox?.giveBack(signal);
    this.#arrived.push({ pending, answer: { kind: "ok", value: this.#log.valueOf(signal.value) }, signal });
    this.#wake();
  }

  #wake(): void {
    this.#woken = true;
    this.#resume?.();
  }

  async #arrival(): Promise<void> {
    if (!this.#woken) await new Promise<void>((resolve) => (this.#resume = resolve));
    this.#resume = null;
    this.#woken = false;
  }
}

function isEnd({ state }: Outcome): boolean {
  return state !== "waiting" && state !== "yielded";
}
