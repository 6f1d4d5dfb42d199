/**
 * `para`, `para for` and `race`: starting branches, hearing how they ended, and telling the fiber that waits.
 *
 *   G1  Branches start, and are cancelled, in lexical order.
 *   G2  The first failure of a `para` in the order of deliveries is its error, with the branch's index; all others,
 *       and those met while unwinding, are in its `suppressed` (rule 11).
 *   G3  The first value of a `race` wins; the block ends when the others have unwound.
 *   G4  With a limit n, no more than n elements are fibers at the same time.
 */
import type { Value } from "../../wit/value.ts";
import { Group } from "./fiber.ts";
import type { Fiber, Frame } from "./fiber.ts";
import { Scope } from "./identity.ts";
import { SITE_BRANCH, SITE_ELEMENT } from "../ir/ir.ts";
import { Fault } from "../../fault.ts";
import type { Closure, ErrorValue } from "../value.ts";
import { within } from "./error.ts";
import { proceed } from "./machine.ts";
import type { Ending, Machine } from "./machine.ts";
import { cancelFiber, dueCancel } from "./unwind.ts";

function newGroup(
  m: Machine,
  fiber: Fiber,
  frame: Frame,
  kind: "para" | "race",
  site: number,
  loop: Loop | null,
): Group {
  const group = new Group({
    id: m.nextNumber++,
    kind,
    parent: fiber.id,
    dest: frame.fn.code[frame.pc + 1]!,
    scope: (frame.scope as Scope).child(site),
    elements: loop?.elements ?? null,
    body: loop?.body ?? null,
    results: [],
  });
  m.groups.set(group.id, group);
  return group;
}

interface Loop {
  readonly elements: readonly Value[];
  readonly body: Closure;
}

/** Starts the branches of PARA or RACE. False when there is nothing to wait for. */
export function openGroup(m: Machine, fiber: Fiber, frame: Frame, kind: "para" | "race"): boolean {
  const { code } = frame.fn;
  const { pc, regs } = frame;
  const first = code[pc + 2]!;
  const count = code[pc + 3]!;
  if (count === 0) {
    regs[code[pc + 1]!] = kind === "para" ? [] : null;
    return false;
  }
  const group = newGroup(m, fiber, frame, kind, code[pc + 4]!, null);
  for (let i = 0; i < count; i++) {
    const role = { kind: "branch", group: group.id, index: i } as const;
    const branch = m.startFiber(role, regs[first + i] as Closure, [], new Scope(group.scope, SITE_BRANCH, i));
    group.live.add(branch.id);
    if (kind === "para") group.results.push(null);
  }
  fiber.wait = { kind: "group", group: group.id };
  return true;
}

/** Starts the first elements of PARA_FOR. False when there are none. */
export function openLoop(m: Machine, fiber: Fiber, frame: Frame): boolean {
  const { code } = frame.fn;
  const { pc, regs } = frame;
  const elements = regs[code[pc + 2]!] as readonly Value[];
  const limit = regs[code[pc + 4]!] as number | bigint | null;
  if (limit !== null && limit < 1)
    throw new Fault("out-of-range", `The limit of \`para for\` is ${limit}; it is at least 1`);
  if (elements.length === 0) {
    regs[code[pc + 1]!] = [];
    return false;
  }
  const wanted = limit === null ? elements.length : Math.min(Number(limit), elements.length);
  if (m.fibers.size + wanted > m.limits.fibers) {
    throw new Fault("out-of-range", `More than ${m.limits.fibers} branches at once`, {
      hint: "Give `para for` a `limit`",
    });
  }
  const group = newGroup(m, fiber, frame, "para", code[pc + 5]!, { elements, body: regs[code[pc + 3]!] as Closure });
  for (let i = 0; i < wanted; i++) startElement(m, group);
  fiber.wait = { kind: "group", group: group.id };
  return true;
}

function startElement(m: Machine, group: Group): void {
  const index = group.next++;
  const { elements, body } = group;
  if (elements === null || body === null) return;
  const role = { kind: "branch", group: group.id, index } as const;
  group.results.push(null);
  const fiber = m.startFiber(role, body, [elements[index]!], new Scope(group.scope, SITE_ELEMENT, index));
  group.live.add(fiber.id);
}

/** A branch ended: decides what that means for the others and for the block. */
export function branchEnded(m: Machine, fiber: Fiber, group: Group, index: number, ending: Ending): void {
  group.live.delete(fiber.id);
  group.suppressed.push(...fiber.lost);
  if (ending.kind === "value") gained(m, group, index, ending.value);
  else if (ending.kind === "error") failed(m, group, index, ending.error);
  if (group.live.size === 0) close(m, group);
}

function isOver(group: Group): boolean {
  return group.cancelled || group.won || (group.kind === "para" && group.failed !== null);
}

function gained(m: Machine, group: Group, index: number, value: Value): void {
  if (group.kind === "race") {
    if (isOver(group)) return;
    group.won = true;
    if (group.scope !== null) m.decisions.push({ scope: group.scope, winner: index });
    group.results.push(value);
    return cancelOthers(m, group);
  }
  group.results[index] = value;
  if (group.elements !== null && group.next < group.elements.length && !isOver(group)) startElement(m, group);
}

function failed(m: Machine, group: Group, index: number, error: ErrorValue): void {
  if (group.failed !== null || group.cancelled || group.won) {
    group.suppressed.push(error);
    return;
  }
  group.failed = within(error, index, []);
  if (group.kind === "para") cancelOthers(m, group);
}

function cancelOthers(m: Machine, group: Group): void {
  for (const id of group.live) cancelFiber(m, m.fibers.get(id)!, 0);
}

/** Every branch has ended: the fiber that waits goes on, fails, or is cancelled. */
function close(m: Machine, group: Group): void {
  m.groups.delete(group.id);
  const parent = m.fibers.get(group.parent)!;
  parent.wait = null;
  m.enqueue(parent);
  const due = dueCancel(parent);
  if (due !== null) {
    parent.lost.push(...group.suppressed);
    if (group.failed !== null) parent.lost.push(group.failed);
    parent.resume = { kind: "cancel", target: due };
  } else if (group.failed !== null && !group.won) {
    parent.resume = { kind: "error", error: within(group.failed, null, group.suppressed) };
  } else {
    proceed(parent, group.dest, group.kind === "race" ? group.results[0]! : group.results);
  }
}
