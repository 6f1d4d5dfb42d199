/**
 * Records a run against a scripted world with a virtual clock, and replays it from every point: the state is encoded at
 * every effect, decoded, and goes on with the recorded answers to the same output (invariant I3).
 */
import { expect } from "vitest";
import { Fault } from "../../../src/fault.ts";
import type { Answer, EffectRequest, Request } from "../../../src/lang/effect.ts";
import type { Ir } from "../../../src/lang/ir/ir.ts";
import { decodeIr, encodeIr } from "../../../src/lang/ir/ir-codec.ts";
import { Closure, ErrorValue, Task } from "../../../src/lang/value.ts";
import type { Outcome } from "../../../src/lang/vm/host.ts";
import { Vm } from "../../../src/lang/vm/vm.ts";
import type { Value } from "../../../src/wit/value.ts";

/** What was brought to a run, in order. A callback calls the closure that is argument `argument` of the effect's request. */
export type Delivered =
  | { readonly kind: "answer"; readonly id: string; readonly answer: Answer }
  | { readonly kind: "callback"; readonly call: string; readonly argument: number; readonly args: readonly Value[] }
  | { readonly kind: "cancel" };

export interface Transcript {
  readonly fn: number;
  readonly args: readonly Value[];
  readonly delivered: readonly Delivered[];
  readonly output: readonly string[];
  /** `done: <value>`, `failed: <code>`, `cancelled`. */
  readonly end: string;
  readonly error: ErrorValue | null;
}

export interface Script {
  /** A foreign call: its value, or a Fault. `after` in nanoseconds of the virtual clock. */
  readonly call?: (fn: string, args: readonly Value[]) => { readonly value: Value | Fault; readonly after?: number };
  /** Cancels the run at this time. */
  readonly cancelAt?: number;
  readonly budget?: number;
  readonly limits?: { readonly frames?: number; readonly fibers?: number };
}

/** Answers in order of the virtual time at which they are due, then of asking. */
export class World {
  readonly output: string[] = [];
  readonly requests: EffectRequest[] = [];
  readonly delivered: Delivered[] = [];
  #now = 0;
  #asked = 0;
  #due: { readonly at: number; readonly order: number; readonly delivered: Delivered }[] = [];
  readonly #script: Script;
  readonly #ir: Ir;
  readonly #children = new Map<string, { readonly fn: number; readonly args: readonly Value[] }>();

  constructor(ir: Ir, script: Script) {
    this.#ir = ir;
    this.#script = script;
    if (script.cancelAt !== undefined) this.#plan(script.cancelAt, { kind: "cancel" });
  }

  take(outcome: Outcome): void {
    this.#due = this.#due.filter(
      ({ delivered }) => delivered.kind !== "answer" || !outcome.abandoned.includes(delivered.id),
    );
    for (const request of outcome.requests) {
      this.requests.push(request);
      this.#perform(request);
    }
  }

  /** The next thing to deliver, or null when nothing will ever come. */
  next(): Delivered | null {
    const first = this.#due.sort((x, y) => x.at - y.at || x.order - y.order).shift();
    if (first === undefined) return null;
    this.#now = Math.max(this.#now, first.at);
    this.delivered.push(first.delivered);
    return first.delivered;
  }

  #plan(at: number, delivered: Delivered): void {
    this.#due.push({ at, order: this.#asked++, delivered });
  }

  #answer(id: string, answer: Answer, after = 0): void {
    this.#plan(this.#now + after, { kind: "answer", id, answer });
  }

  #value(id: string, value: Value, after = 0): void {
    this.#answer(id, { kind: "ok", value }, after);
  }

  #perform({ id, request }: EffectRequest): void {
    switch (request.kind) {
      case "print":
        this.output.push(request.text);
        return;
      case "log":
        this.output.push(`[${request.level}] ${request.text}`);
        return;
      case "emit":
        this.output.push(`[emit] ${request.name}`);
        return;
      case "progress":
        this.output.push(`[${request.done}/${request.total}] ${request.text ?? ""}`);
        return;
      case "call":
      case "fork":
        return this.#call(id, request);
      case "sleep":
        return this.#value(id, null, Number(request.nanoseconds));
      case "sleep-until":
        return this.#value(id, null, Math.max(0, Number(request.instant) - this.#now));
      case "now":
        return this.#value(id, this.#now);
      case "random":
        return this.#value(id, Number.parseInt(id.slice(0, 8), 16) / 2 ** 32);
      case "uuid":
        return this.#value(id, `${id.slice(0, 8)}-0000-4000-8000-000000000000`);
      case "backoff":
        return this.#value(id, true, Number(request.backoff) * 2 ** (request.attempt - 2));
      case "spawn":
        this.#children.set(id, { fn: request.function, args: request.args });
        return this.#value(id, new Task(id));
      case "join":
        return this.#join(id, request.task);
      case "shell":
        return this.#value(id, [request.commands.map((words) => words.join(" ")).join(" | "), "", 0]);
      case "signal":
      case "webhook":
        return this.#answer(id, { kind: "error", error: new ErrorValue({ code: "needs-durable-run", message: "no" }) });
    }
  }

  #call(id: string, request: Extract<Request, { kind: "call" | "fork" }>): void {
    const { value, after } = this.#script.call?.(request.function, request.args) ?? { value: null };
    if (!(value instanceof Fault)) return this.#value(id, value, after);
    const error = new ErrorValue({ code: value.code, message: value.message, source: value.source });
    this.#answer(id, { kind: "error", error }, after);
  }

  /** Children run whole at the moment somebody joins them. */
  #join(id: string, task: string): void {
    const child = this.#children.get(task)!;
    const { output, outcome } = drive(this.#ir, child.fn, child.args, {}, task);
    this.output.push(...output);
    if (outcome.state === "done") return this.#value(id, outcome.value);
    const error = outcome.state === "failed" ? outcome.error : new ErrorValue({ code: "cancelled", message: "" });
    this.#answer(id, { kind: "error", error });
  }
}

interface Driven {
  readonly output: readonly string[];
  readonly outcome: Outcome;
  readonly world: World;
  /** The state before each delivery. */
  readonly states: readonly Uint8Array[];
}

function isOver(outcome: Outcome): boolean {
  return outcome.state === "done" || outcome.state === "failed" || outcome.state === "cancelled";
}

function drive(ir: Ir, fn: number, args: readonly Value[], script: Script, runId = "", keep = false): Driven {
  const world = new World(ir, script);
  const vm = Vm.start(ir, fn, args, { runId, ...(script.limits === undefined ? {} : { limits: script.limits }) });
  const states: Uint8Array[] = [];
  for (;;) {
    const outcome = vm.run(undefined, script.budget);
    world.take(outcome);
    if (isOver(outcome)) return { output: world.output, outcome, world, states };
    if (keep) states.push(vm.encode());
    if (outcome.state === "yielded") continue;
    const next = world.next();
    if (next === null) throw new Error(`the run waits for ever:\n${world.output.join("\n")}`);
    bring(vm, next, world.requests);
  }
}

export function bring(vm: Vm, delivered: Delivered, requests: readonly EffectRequest[]): void {
  if (delivered.kind === "answer") return vm.deliver(delivered.id, delivered.answer);
  if (delivered.kind === "cancel") return vm.cancel();
  const { request } = requests.find((asked) => asked.id === delivered.call)!;
  const closure = request.kind === "call" ? request.args[delivered.argument] : null;
  if (closure instanceof Closure) vm.callback(delivered.call, closure, delivered.args);
}

export function endOf(outcome: Outcome): string {
  if (outcome.state === "failed") return `failed: ${outcome.error.code}`;
  return outcome.state;
}

/** Runs a program to its end, from function `fn`. */
export function record(ir: Ir, script: Script = {}, args: readonly Value[] = [], fn = 0): Transcript {
  const { world, outcome } = drive(ir, fn, args, script);
  const error = outcome.state === "failed" ? outcome.error : null;
  return { fn, args, delivered: world.delivered, output: world.output, end: endOf(outcome), error };
}

/** Goes on from a state with the deliveries that are left. */
export function resume(ir: Ir, state: Uint8Array, left: readonly Delivered[]): { output: string[]; end: string } {
  const vm = Vm.decode(ir, state);
  const output: string[] = [];
  const requests: EffectRequest[] = [...vm.pending()];
  for (let at = 0; ; at++) {
    const outcome = vm.run();
    requests.push(...outcome.requests);
    output.push(...shown(outcome));
    if (isOver(outcome)) return { output, end: endOf(outcome) };
    bring(vm, left[at]!, requests);
  }
}

export function shown(outcome: Outcome): string[] {
  return outcome.requests.flatMap(({ request }) => {
    switch (request.kind) {
      case "print":
        return [request.text];
      case "log":
        return [`[${request.level}] ${request.text}`];
      case "emit":
        return [`[emit] ${request.name}`];
      case "progress":
        return [`[${request.done}/${request.total}] ${request.text ?? ""}`];
      default:
        return [];
    }
  });
}

export interface Point {
  readonly state: Uint8Array;
  /** Lines shown before this point. */
  readonly before: readonly string[];
  /** Deliveries from here on. */
  readonly left: readonly Delivered[];
}

/** Every `step`th point between two deliveries, with its encoded state. */
export function points(ir: Ir, transcript: Transcript, step = 1): Point[] {
  const vm = Vm.start(ir, transcript.fn, transcript.args);
  const requests: EffectRequest[] = [];
  const before: string[] = [];
  const found: Point[] = [];
  for (let at = 0; ; at++) {
    const outcome = vm.run();
    requests.push(...outcome.requests);
    before.push(...shown(outcome));
    if (isOver(outcome)) return found;
    if (at % step === 0) {
      found.push({ state: vm.encode(), before: [...before], left: transcript.delivered.slice(at) });
    }
    bring(vm, transcript.delivered[at]!, requests);
  }
}

/** More points than this are thinned out evenly: the work is quadratic. */
const MOST = 40;

/** Resumes the run from every point and expects the same output and end; the IR, too, goes through its bytes. */
export function replayEverywhere(ir: Ir, transcript: Transcript): void {
  const fresh = decodeIr(encodeIr(ir));
  // Lines of joined children are the world's, not the run's.
  const own = recordOwn(ir, transcript);
  const step = Math.max(1, Math.ceil(transcript.delivered.length / MOST));
  for (const { state, before, left } of points(ir, transcript, step)) {
    expect(Vm.decode(fresh, state).encode()).toEqual(state);
    const { output, end } = resume(fresh, state, left);
    const at = transcript.delivered.length - left.length;
    expect({ at, output: [...before, ...output], end }).toEqual({ at, output: own, end: transcript.end });
  }
}

function recordOwn(ir: Ir, transcript: Transcript): string[] {
  const vm = Vm.start(ir, transcript.fn, transcript.args);
  return resume(ir, vm.encode(), transcript.delivered).output;
}
