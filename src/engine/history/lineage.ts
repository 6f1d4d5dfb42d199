/**
 * The provenance of a run: which process was given data that another one gave.
 *
 *   D1  The run is played back one instruction at a time, and every register carries the set of processes whose answers its
 *       value was made from (labels). What a process is given carries the labels of its arguments.
 *   D2  No flow of data is missing. A list, record or map counts as a whole, so there may be flows too many.
 *   D3  Control is no flow: what is only done because of a value was not made from it.
 *   D4  A `function` of the program is one process, with all it calls; workflows, branches and lambdas stand open.
 */
import type { Answer, EffectRequest } from "../../lang/effect.ts";
import { placeOf } from "../../lang/ir/ir.ts";
import type { Fiber, Frame } from "../../lang/vm/fiber.ts";
import type { Outcome } from "../../lang/vm/host.ts";
import { Closure } from "../../lang/value.ts";
import { Fault } from "../../fault.ts";
import { CaseValue, OK } from "../../wit/value.ts";
import { whyNot } from "./history.ts";
import { NONE, only, union } from "./labels.ts";
import type { Label } from "./labels.ts";
import type { Log } from "./log.ts";
import { Processes } from "./processes.ts";
import type { Process } from "./processes.ts";
import type { Provenance } from "./provenance.ts";
import { catchesOf, isJump, readsOf, sizeOf, writeOf } from "./reads.ts";
import { Replay } from "./replay.ts";
import type { MadeAtOnce, Step } from "./replay.ts";
import type { Readable } from "./typed.ts";

/** Turns of 20,000 instructions that are followed. */
const MOST_TURNS = 5_000;

/** @throws {Fault} `no-history`, `diverged`, `limit-exceeded` */
export async function provenanceOf(log: Log, readable: Readable): Promise<Provenance> {
  const refused = whyNot(log, readable);
  if (refused !== null) throw new Fault("no-history", `Where data came from cannot be told: ${refused}`);
  return await new Lineage(log, readable).trace();
}

/** What is known beside a frame. */
interface Shade {
  /** By register. */
  readonly labels: Label[];
  /** D4: the function it belongs to. */
  readonly owner: Process | null;
}

/** A group of branches, and what came of it. */
interface OpenGroup {
  readonly id: number;
  readonly parent: Fiber;
  readonly frame: Frame;
  readonly dest: number;
  /** Of branches, in order; or of the one body of `para for`. */
  readonly closures: readonly (Closure | null)[];
  readonly elements: Label;
  readonly branches: Set<number>;
  gained: Label;
}

class Lineage {
  readonly #log: Log;
  readonly #readable: Readable;
  readonly #processes: Processes;
  readonly #shades = new WeakMap<Frame, Shade>();
  /** What functions captured. */
  readonly #captured = new WeakMap<Closure, readonly Label[]>();
  readonly #undos: Closure[] = [];
  readonly #catches = new Map<number, ReadonlyMap<number, number>>();
  readonly #groups = new Map<number, OpenGroup>();
  /** By fiber: what the error on its way was made from. */
  readonly #failing = new Map<number, Label>();
  /** Of the instruction that runs. */
  #given: Label = NONE;
  #owner: Process | null = null;
  #atOnce: Process | null = null;
  #replay: Replay | null = null;

  constructor(log: Log, readable: Readable) {
    this.#log = log;
    this.#readable = readable;
    this.#processes = new Processes(log, readable);
  }

  async trace(): Promise<Provenance> {
    const watcher = {
      before: (step: Step) => this.#before(step),
      after: (step: Step, outcome: Outcome) => this.#after(step, outcome),
      asked: (effect: EffectRequest) => this.#processes.asked(effect, this.#owner, this.#given),
      said: (effect: EffectRequest, out: { readonly lsn: number } | null) =>
        void (out && this.#processes.said(effect, this.#owner, this.#given, out.lsn)),
      called: (call: MadeAtOnce) => void (this.#atOnce = this.#processes.called(call, this.#owner, this.#given)),
      delivered: (effect: EffectRequest, answer: Answer) => this.#delivered(effect, answer),
    };
    await using replay = new Replay(this.#readable.program, this.#log, watcher, MOST_TURNS);
    this.#replay = replay;
    await replay.play();
    return this.#processes.graph();
  }

  get #state(): Replay["vm"]["state"] {
    return (this.#replay as Replay).vm.state;
  }

  #before(step: Step): void {
    const { frame, fiber, pc } = step;
    this.#closeGroups();
    const shade = this.#shadeOf(fiber, frame);
    const caught = this.#catchesIn(frame).get(pc);
    const failing = this.#failing.get(fiber.id);
    if (caught !== undefined && failing !== undefined) {
      shade.labels[caught] = failing;
      this.#failing.delete(fiber.id);
    }
    this.#owner = shade.owner;
    this.#given = NONE;
    this.#atOnce = null;
    for (const { first, count } of readsOf(this.#readable.program, step)) {
      for (let i = 0; i < count; i++) this.#given = union(this.#given, shade.labels[first + i] ?? NONE);
    }
  }

  #after(step: Step, outcome: Outcome): void {
    const { fiber, frame, pc, op } = step;
    const { labels } = this.#shadeOf(fiber, frame);
    const top = fiber.frames.at(-1);
    const isOn = top === frame && (isJump(step) || frame.pc === pc + sizeOf(frame, pc));
    const waits = top === frame && fiber.wait !== null;
    const dest = writeOf(step);
    if (op === "CLOSURE") this.#capture(step, labels);
    else if (op === "UNDO") this.#undos.push(frame.regs[frame.fn.code[pc + 1] as number] as Closure);
    if (op === "RETURN") this.#return(step, outcome);
    else if (op.startsWith("CALL") && top !== undefined && top !== frame && fiber.frames.includes(frame))
      this.#enter(step, top);
    else if (waits) this.#wait(step);
    else if (isOn && dest !== null) labels[dest] = this.#atOnce === null ? this.#given : only(this.#atOnce.id);
    else if (!isOn || op === "RAISE" || op === "RETHROW" || op === "ASSERT") this.#fail(fiber.id, this.#given);
  }

  #fail(fiber: number, label: Label): void {
    const owned = this.#owner === null ? label : only(this.#owner.id);
    const full = this.#atOnce === null ? owned : union(owned, only(this.#atOnce.id));
    this.#failing.set(fiber, union(this.#failing.get(fiber) ?? NONE, full));
  }

  #capture({ frame, pc }: Step, labels: readonly Label[]): void {
    const { code } = frame.fn;
    const closure = frame.regs[code[pc + 1] as number];
    if (!(closure instanceof Closure)) return;
    const first = code[pc + 3] as number;
    this.#captured.set(
      closure,
      closure.captures.map((_, i) => labels[first + i] ?? NONE),
    );
  }

  /** D4 */
  #enter(step: Step, callee: Frame): void {
    const { frame, pc, op } = step;
    const { code } = frame.fn;
    const labels = this.#shades.get(frame)?.labels ?? [];
    const first = code[pc + 3] as number;
    const args = Array.from({ length: callee.fn.params }, (_, i) => labels[first + i] ?? NONE);
    const closure = op === "CALL_VALUE" ? frame.regs[code[pc + 2] as number] : null;
    const captured = closure instanceof Closure ? (this.#captured.get(closure) ?? []) : [];
    const isProcess = callee.fn.kind === "function" && callee.fn.file >= 0 && this.#owner === null;
    if (!isProcess) {
      this.#shades.set(callee, { labels: [...args, ...captured], owner: this.#owner });
      return;
    }
    const owner = this.#processes.function(callee, placeOf(this.#readable.program.ir, frame.fn, pc), this.#given);
    this.#shades.set(callee, { labels: args.map(() => only(owner.id)), owner });
  }

  #return({ fiber, frame, pc }: Step, outcome: Outcome): void {
    const shade = this.#shadeOf(fiber, frame);
    const below = fiber.frames.at(-1);
    if (below === frame) return; // it joins a task first
    const isOwner = shade.owner !== null && (below === undefined || this.#shades.get(below)?.owner !== shade.owner);
    const label = isOwner && shade.owner !== null ? only(shade.owner.id) : this.#given;
    if (isOwner && shade.owner !== null) this.#processes.returned(shade.owner, frame, pc);
    if (frame.undo) return;
    if (below !== undefined) {
      this.#shadeOf(fiber, below).labels[frame.dest] = label;
      return;
    }
    const { role } = fiber;
    if (role.kind === "main") this.#processes.result(outcome, label);
    else if (role.kind === "callback") this.#processes.given(role.call, label);
    else {
      const group = this.#groups.get(role.group);
      if (group !== undefined) group.gained = union(group.gained, label);
    }
    this.#closeGroups();
  }

  /** The instruction waits for branches. What waits for an effect is answered by it. */
  #wait({ fiber, frame, pc, op }: Step): void {
    const { wait } = fiber;
    if (wait?.kind !== "group") return;
    const { code } = frame.fn;
    const isLoop = op === "PARA_FOR";
    const first = code[pc + (isLoop ? 3 : 2)] as number;
    const count = isLoop ? 1 : (code[pc + 3] as number);
    this.#groups.set(wait.group, {
      id: wait.group,
      parent: fiber,
      frame,
      dest: code[pc + 1] as number,
      closures: Array.from({ length: count }, (_, i) => {
        const closure = frame.regs[first + i];
        return closure instanceof Closure ? closure : null;
      }),
      elements: isLoop ? (this.#shades.get(frame)?.labels[code[pc + 2] as number] ?? NONE) : NONE,
      branches: new Set(),
      gained: NONE,
    });
  }

  /** Groups that are over have given their values, or failed. */
  #closeGroups(): void {
    for (const group of this.#groups.values()) {
      if (this.#state.groups.has(group.id)) continue;
      this.#groups.delete(group.id);
      const shade = this.#shades.get(group.frame);
      if (shade !== undefined) shade.labels[group.dest] = group.gained;
      for (const branch of group.branches) {
        const failing = this.#failing.get(branch);
        this.#failing.delete(branch);
        if (failing !== undefined)
          this.#failing.set(group.parent.id, union(this.#failing.get(group.parent.id) ?? NONE, failing));
      }
    }
  }

  #delivered(effect: EffectRequest, answer: Answer): void {
    const pending = this.#state.pending.get(effect.id);
    this.#given = NONE;
    const process = this.#processes.answered(effect, answer);
    const fiber = pending === undefined || pending.timer !== null ? undefined : this.#state.fibers.get(pending.fiber);
    const frame = fiber?.frames.at(-1);
    if (process === null || fiber === undefined || frame === undefined || fiber.wait?.kind !== "effect") return;
    const { dest, take } = fiber.wait;
    const isRaised = take.kind === "call" && this.#readable.program.ir.calls[take.call]?.result === "raise";
    const failed =
      answer.kind === "error" || (isRaised && answer.value instanceof CaseValue && answer.value.index !== OK);
    if (failed) this.#failing.set(fiber.id, only(process.id));
    else if (dest >= 0) this.#shadeOf(fiber, frame).labels[dest] = only(process.id);
  }

  #shadeOf(fiber: Fiber, frame: Frame): Shade {
    const known = this.#shades.get(frame);
    if (known !== undefined) return known;
    const made = this.#firstShade(fiber, frame);
    this.#shades.set(frame, made);
    return made;
  }

  /** Of a frame that no instruction of its own fiber made. */
  #firstShade({ id, role, frames }: Fiber, frame: Frame): Shade {
    if (frame.undo) {
      const closure = this.#undos.findLast(({ fn }) => fn === frame.index);
      const below = frames[frames.indexOf(frame) - 1];
      const owner = below === undefined ? null : (this.#shades.get(below)?.owner ?? null);
      return { labels: [...((closure && this.#captured.get(closure)) ?? [])], owner };
    }
    if (role.kind === "main") return { labels: this.#processes.params(), owner: null };
    if (role.kind === "callback") {
      const { process, owner } = this.#processes.calling(role.call);
      const label = process === null ? NONE : union(only(process.id), process.given);
      return { labels: Array.from({ length: frame.fn.params + frame.fn.captures }, () => label), owner };
    }
    const group = this.#groups.get(role.group);
    group?.branches.add(id);
    const closure = group?.closures[group.closures.length === 1 ? 0 : role.index];
    const params = Array.from({ length: frame.fn.params }, () => group?.elements ?? NONE);
    const owner = group === undefined ? null : (this.#shades.get(group.frame)?.owner ?? null);
    return { labels: [...params, ...((closure && this.#captured.get(closure)) ?? [])], owner };
  }

  #catchesIn({ fn, index }: Frame): ReadonlyMap<number, number> {
    const known = this.#catches.get(index) ?? catchesOf(fn);
    this.#catches.set(index, known);
    return known;
  }
}
