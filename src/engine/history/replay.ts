/**
 * A run played back to look into it: the VM goes the way its log says, and nothing else happens (RECOVERY, RULE 5).
 *
 *   P1  Nothing outside is done, nothing is written, no grants are looked at and nothing is shown. Only packages without
 *       state, which reach nothing outside, are asked again for what they were not recorded to say (now-calls.ts, N3).
 *   P2  It stops where it cannot go on without an entry beyond the last that it may look at: all that follows from the
 *       entries before has happened then.
 *   P3  Whoever watches sees what is asked, said and answered in the program's order; with `before`, every instruction.
 */
import type { Answer, EffectRequest } from "../../lang/effect.ts";
import { placeOf } from "../../lang/ir/ir.ts";
import type { IrCall, Place } from "../../lang/ir/ir.ts";
import { operations, preludeEffects } from "../../lang/ir/opcode.ts";
import type { OpName } from "../../lang/ir/opcode.ts";
import type { Fiber, Frame } from "../../lang/vm/fiber.ts";
import { LATER } from "../../lang/vm/host.ts";
import type { Outcome, VmHost } from "../../lang/vm/host.ts";
import { Scope } from "../../lang/vm/identity.ts";
import { Vm } from "../../lang/vm/vm.ts";
import { Fault } from "../../fault.ts";
import type { Lsn } from "../../journal/entry/entry.ts";
import type { Value } from "../../wit/value.ts";
import { diverged } from "../durable/log/diverged.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import { BUDGET } from "../loop/run.ts";
import { computed } from "./computed.ts";
import { here } from "../durable/log/payload.ts";
import { is } from "./log.ts";
import type { Log, Logged, LoggedDelivery, Trail } from "./log.ts";
import { closuresOf, NowCalls } from "./now-calls.ts";
import type { NowCall } from "./now-calls.ts";

/** A call that was answered at once. */
export interface MadeAtOnce {
  readonly call: IrCall;
  readonly args: readonly Value[];
  readonly value: Value;
  readonly place: Place;
  /** Null: it was not recorded, and is computed again. */
  readonly trail: Trail | null;
}

/** The instruction that is next. */
export interface Step {
  readonly fiber: Fiber;
  readonly frame: Frame;
  readonly pc: number;
  readonly op: OpName;
}

export interface Watcher {
  readonly asked?: (effect: EffectRequest) => void;
  /** `out`: null when it is not durable yet. */
  readonly said?: (effect: EffectRequest, out: Logged<"OUT"> | null) => void;
  readonly called?: (call: MadeAtOnce) => void;
  /** Before the VM takes it. */
  readonly delivered?: (effect: EffectRequest, answer: Answer, delivery: Logged<"DLV">) => void;
  readonly before?: (step: Step) => void;
  readonly after?: (step: Step, outcome: Outcome) => void;
}

/** Turns without anything recorded, after which a program that computes is left alone: its log does not say how far it is. */
const ALONE = 200;

export class Replay implements AsyncDisposable {
  readonly vm: Vm;
  /** How the run ended; null when it has not. */
  ending: Outcome | null = null;
  readonly #program: LoadedProgram;
  readonly #log: Log;
  readonly #values: ValueBytes;
  readonly #watcher: Watcher;
  readonly #now: NowCalls;
  readonly #host: VmHost = { callNow: (_, args) => this.#callNow(args) };
  #delivered = 0;
  #said = 0;
  #turn = 0;
  /** What the next call is answered, as was found out before the instruction. */
  #prepared: { readonly decision: NowCall; readonly answer: Answer | null } | null = null;

  readonly #mostTurns: number;

  /** @throws {Fault} `diverged` when the program is not that of the run, `no-history` for a log with a gap */
  constructor(program: LoadedProgram, log: Log, watcher: Watcher = {}, mostTurns: number = Infinity) {
    if (log.gap !== null) throw new Fault("no-history", `The run ${log.header.id} cannot be played back: ${log.gap}`);
    this.#mostTurns = mostTurns;
    this.#program = program;
    this.#log = log;
    this.#watcher = watcher;
    this.#values = new ValueBytes(program.ir);
    this.#now = new NowCalls(program, log, this.#values);
    const { function: fn, args } = log.start.entry;
    const given = this.#values.decode(here(args)) as readonly Value[];
    this.vm = Vm.start(program.ir, fn, given, { runId: log.root });
  }

  /** P2. @throws {Fault} `diverged` where the program does otherwise than its log says */
  async play(until: Lsn = Infinity): Promise<void> {
    for (let alone = 0; alone < ALONE; alone++) {
      const outcome = await this.#slice(until);
      if (outcome === null) return;
      if (outcome.state === "yielded") {
        this.#turn += 1;
        if (this.#turn > this.#mostTurns) throw tooLong(this.#log);
        if (this.#isBeyond(until)) return;
        while (this.#deliverNext(this.#turn, until)) alone = 0;
      } else if (outcome.state !== "waiting") {
        this.ending = outcome;
        return;
      } else {
        if (!this.#deliverNext(0, until)) return;
        alone = 0;
      }
      if (this.#isLeft(until)) alone = 0;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#now[Symbol.asyncDispose]();
  }

  get #next(): LoggedDelivery | undefined {
    return this.#log.deliveries[this.#delivered];
  }

  /** What comes next in this turn must not be looked at. */
  #isBeyond(until: Lsn): boolean {
    const next = this.#next;
    return next !== undefined && next.lsn > until && turnOf(next) === this.#turn;
  }

  /** Something recorded is still to come. */
  #isLeft(until: Lsn): boolean {
    const out = this.#log.outputs[this.#said];
    return (this.#next?.lsn ?? Infinity) <= until || (out?.lsn ?? Infinity) <= until || this.#log.end !== null;
  }

  /** Runs until every branch waits, the turn is over, or (null) the next thing lies beyond. */
  async #slice(until: Lsn): Promise<Outcome | null> {
    const isLast = until < this.#log.last && (this.#next?.lsn ?? Infinity) > until;
    if (this.#watcher.before !== undefined || isLast || this.#now.needsPackages) return await this.#steps(until);
    const outcome = this.vm.run(this.#host, BUDGET);
    this.#told(outcome);
    return outcome;
  }

  async #steps(until: Lsn): Promise<Outcome | null> {
    const { before, after } = this.#watcher;
    let outcome = this.vm.run(this.#host, 0);
    this.#told(outcome);
    for (let spent = 0; outcome.state === "yielded" && spent < BUDGET; spent++) {
      const step = this.#look();
      const prepared = this.#prepare(step, until);
      if (!(prepared instanceof Promise ? await prepared : prepared)) return null;
      before?.(step);
      outcome = this.vm.run(this.#host, 1);
      after?.(step, outcome);
      this.#told(outcome);
    }
    return outcome;
  }

  #look(): Step {
    const fiber = this.vm.state.next() as Fiber;
    const frame = fiber.frames.at(-1) as Frame;
    return { fiber, frame, pc: frame.pc, op: (operations[frame.fn.code[frame.pc] ?? 0] as { name: OpName }).name };
  }

  /** False when the instruction leads beyond (P2). */
  #prepare({ frame, op, pc }: Step, until: Lsn): boolean | Promise<boolean> {
    this.#prepared = null;
    if (op === "PRINT" || (op === "EFFECT" && isTold(frame, pc))) {
      const out = this.#log.outputs[this.#said];
      return out === undefined || out.lsn <= until;
    }
    if (op !== "FOREIGN") return true;
    const { call, args, eff, attempt } = callAt(this.#program, frame, pc, 0);
    const decision = this.#now.peek(call, args, eff, attempt);
    if (decision.kind === "recorded" && decision.lsn > until) return false;
    if (decision.kind !== "again") return true;
    return this.#now.again(call, args).then((answer) => {
      this.#prepared = { decision, answer };
      return true;
    });
  }

  #callNow(args: readonly Value[]): Value | typeof LATER {
    const fiber = this.vm.state.next() as Fiber;
    const frame = fiber.frames.at(-1) as Frame;
    const { call, eff, attempt } = callAt(this.#program, frame, frame.pc, 1);
    const decision = this.#prepared?.decision ?? this.#now.peek(call, args, eff, attempt);
    this.#now.taken(call, args, eff, attempt);
    const again = this.#prepared?.answer;
    const value = decision.kind === "recorded" ? decision.value : again?.kind === "ok" ? again.value : undefined;
    if (value === undefined) return LATER;
    const place = placeOf(this.#program.ir, frame.fn, frame.pc);
    const trail = decision.kind === "recorded" ? decision.trail : null;
    this.#watcher.called?.({ call, args, value, place, trail });
    return value;
  }

  #told(outcome: Outcome): void {
    for (const effect of outcome.requests) {
      const channel = channelOf(effect);
      if (channel === null) {
        this.#watcher.asked?.(effect);
        continue;
      }
      const out = this.#log.outputs[this.#said] ?? null;
      this.#said += 1;
      if (out !== null && (out.entry.eff !== effect.id || out.entry.channel !== channel)) {
        throw diverged(`${channel} at ${effect.site}`, out.entry.channel);
      }
      this.#watcher.said?.(effect, out);
    }
  }

  /** Gives the run what it was given next, when that was in this turn. */
  #deliverNext(turn: number, until: Lsn): boolean {
    const next = this.#next;
    if (next === undefined || next.lsn > until || turnOf(next) !== turn) return false;
    this.#delivered += 1;
    if (is(next, "CANCEL")) this.vm.cancel();
    else if (is(next, "CB")) this.#callBack(next);
    else if (is(next, "DLV")) this.#answer(next);
    return true;
  }

  #answer(delivery: Logged<"DLV">): void {
    const { eff, attempt, signal } = delivery.entry;
    const effect = this.vm.state.pending.get(eff)?.request;
    if (effect?.attempt !== attempt) throw diverged("nothing of the kind", `an answer to ${eff}`);
    const answer = this.#answerTo(effect, signal);
    if (answer === null) throw diverged(`${effect.request.kind} at ${effect.site}`, "an answer that is not there");
    this.#watcher.delivered?.(effect, answer, delivery);
    this.vm.deliver(eff, answer);
  }

  #answerTo(effect: EffectRequest, signal: Lsn): Answer | null {
    const sent = signal === 0 ? undefined : this.#log.signal(signal)?.entry.value;
    if (sent !== undefined) return { kind: "ok", value: this.#values.decode(here(sent)) };
    const done = this.#log.trail(effect.id, effect.attempt)?.done?.entry;
    if (done === undefined || done.outcome === "abandoned") return computed(this.#log.start.entry.seed, effect);
    return this.#values.decodeAnswer(done.outcome === "ok", here(done.value));
  }

  #callBack({ entry }: Logged<"CB">): void {
    const request = this.vm.state.pending.get(entry.eff)?.request.request;
    const closure = request?.kind === "call" ? closuresOf(request.args)[entry.closure] : undefined;
    if (closure === undefined) throw diverged("no such function was given to a guest", "a callback of it");
    try {
      this.vm.callback(entry.eff, closure, this.#values.decode(here(entry.args)) as readonly Value[]);
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown; // one that could not begin then, either
    }
  }
}

function tooLong({ header }: Log): Fault {
  return new Fault("limit-exceeded", `Playing back the run ${header.id} takes too long`);
}

function turnOf({ entry }: LoggedDelivery): number {
  return entry.kind === "CB" ? 0 : entry.turn;
}

function channelOf({ request: { kind } }: EffectRequest): "print" | "log" | "emit" | "progress" | null {
  return kind === "print" || kind === "log" || kind === "emit" || kind === "progress" ? kind : null;
}

/** Whether an EFFECT is told and forgotten. */
function isTold(frame: Frame, pc: number): boolean {
  const name = preludeEffects[frame.fn.code[pc + 2] ?? 0];
  return name === "log" || name === "emit" || name === "progress";
}

/** The foreign call at an instruction; `made`: how many of its identities were given out since. */
function callAt(
  { ir }: LoadedProgram,
  frame: Frame,
  pc: number,
  made: number,
): { readonly call: IrCall; readonly args: readonly Value[]; readonly eff: string; readonly attempt: number } {
  const { code } = frame.fn;
  const call = ir.calls[code[pc + 2] as number] as IrCall;
  const first = code[pc + 3] as number;
  const args = frame.regs.slice(first, first + call.params) as Value[];
  const scope = frame.scope as Scope;
  const site = code[pc + 4] as number;
  const count = scope.firstSite === site ? scope.firstCount : (scope.counts?.get(site) ?? 0);
  return { call, args, eff: new Scope(scope, site, count - made).id(ir.sites), attempt: scope.attempt };
}
