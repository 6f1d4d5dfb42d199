/**
 * What calls a loop will make, before it makes them (`IrAhead`).
 *
 *   H1  Asked of a state, it is a function of that state, and leaves the state as it was: whoever asks, and how often, is
 *       nothing to the run, its snapshots or its replay.
 *   H2  It ends before the first call whose arguments cannot be made, and after some time of computing them.
 */
import { Scope } from "./identity.ts";
import { Fiber, Frame } from "./fiber.ts";
import { PEEK_PARAMS } from "../ir/ir.ts";
import type { IrAhead } from "../ir/ir.ts";
import { execute } from "./loop.ts";
import { registers } from "./machine.ts";
import type { Machine } from "./machine.ts";
import type { Value } from "../../wit/value.ts";

export interface Ahead {
  readonly calls: readonly ComingCall[];
  /** Whether an err of one of these calls is raised, which ends the loop. */
  readonly untilErr: boolean;
}

export interface ComingCall {
  readonly id: string;
  readonly attempt: number;
  readonly args: readonly Value[];
}

const NOTHING: Ahead = { calls: [], untilErr: false };

/** Instructions for the arguments of all calls: some milliseconds. */
const BUDGET = 50_000;

export function ahead(m: Machine, effect: string, most: number): Ahead {
  const fiber = m.fibers.get(m.pending.get(effect)?.fiber ?? -1);
  const wait = fiber?.wait;
  if (wait?.kind !== "effect" || wait.effect !== effect || wait.take.kind !== "call" || most < 1) return NOTHING;
  const { frames } = fiber as Fiber;
  const frame = frames[frames.length - 1]!;
  const entry = entryAt(frame);
  if (entry === undefined || entry.peek < 0) return NOTHING;
  // A lambda's turns are those of the builtin that calls it.
  const outer = entry.list < 0 ? frames[frames.length - 2] : frame;
  const loop = entry.list < 0 ? outer && entryAt(outer) : entry;
  if (outer === undefined || loop === undefined || loop.list < 0) return NOTHING;
  const list = outer.regs[loop.list] as readonly Value[];
  const from = (outer.regs[loop.at] as number) + 1;
  const given = argumentLists(m, frame, entry, list, from, Math.min(from + most, list.length));
  const calls = given.map((args, k) => ({ ...identity(m, wait.scope, k + 1), args }));
  return { calls, untilErr: m.ir.calls[wait.take.call]!.result === "raise" };
}

function entryAt({ fn, pc }: Frame): IrAhead | undefined {
  return fn.ahead.find((entry) => entry.pc === pc);
}

/** The effect of the same site, so many turns later: turns are siblings, and the site is used once in each. */
function identity(m: Machine, effect: Scope, turns: number): { readonly id: string; readonly attempt: number } {
  const turn = effect.parent as Scope;
  const then = new Scope(new Scope(turn.parent, turn.site, turn.n + turns), effect.site, effect.n);
  return { id: then.id(m.ir.sites), attempt: then.attempt };
}

/** Runs the `peek` function beside the program, over copies of the variables (H1). */
function argumentLists(
  m: Machine,
  frame: Frame,
  { peek }: IrAhead,
  list: readonly Value[],
  from: number,
  to: number,
): readonly (readonly Value[])[] {
  const fn = m.fn(peek);
  const regs = registers(fn);
  const variables = fn.params - PEEK_PARAMS;
  for (let i = 0; i < variables; i++) regs[i] = frame.regs[i];
  [regs[variables], regs[variables + 1], regs[variables + 2]] = [list as Value, from, to];
  // The program's fibers are numbered from 1.
  const fiber = new Fiber(0, { kind: "main" });
  fiber.frames.push(new Frame(fn, peek, regs, -1, null));
  const { budget, spent } = m;
  const ended = m.ended.length;
  m.budget = BUDGET;
  m.spent = false;
  try {
    execute(m, fiber);
  } finally {
    m.ended.length = ended;
    m.budget = budget;
    m.spent = spent;
  }
  // Also what was made before it failed or the budget ended.
  return (regs[fn.params] ?? []) as readonly (readonly Value[])[];
}
