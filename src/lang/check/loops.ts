/**
 * Loops: their head is reached from before and from their own end, which is checked later. So at the head narrowings of
 * what the body assigns are dropped, and reads of what the head knew are looked at again when the end is known (rule 5).
 */

import type { Routine } from "./context.ts";
import { reportMeeting } from "./names.ts";
import { couldUnify } from "./unify.ts";
import type { Flow, LoopHead } from "./scope.ts";

export interface Loop {
  /** With what is known where the loop begins again. */
  leave(back: Flow): void;
}

/** `assigned`: anywhere in the body; `declared`: those that the body declares in the scope around the loop. */
export function enterLoop(r: Routine, assigned: ReadonlySet<string>, declared: ReadonlySet<string>): Loop {
  const head: LoopHead = { reads: [] };
  r.flow = r.flow.widen(assigned).at(head);
  r.pending.push({ names: declared, scope: r.scope.home });
  return {
    leave(back) {
      r.pending.pop();
      lookAgain(r, head, back);
    },
  };
}

function lookAgain(r: Routine, head: LoopHead, back: Flow): void {
  if (!back.alive) return;
  const seen = new Set<object>();
  for (const read of head.reads) {
    const now = back.factOf(read.variable)?.slots ?? [];
    const first = read.slots[0];
    const others = now.filter(
      (slot) => first !== undefined && !read.slots.includes(slot) && !couldUnify(slot.ty, first.ty),
    );
    if (others.length === 0 || seen.has(read.variable)) continue;
    seen.add(read.variable);
    reportMeeting(r, read.variable.name, [...read.slots, ...others], read.span);
  }
}
