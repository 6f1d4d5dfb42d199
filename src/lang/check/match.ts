/** `match` (rule 15): arms, guards, and whether they cover every value. */
import type { Arm as ArmTree, Expr as Tree } from "../ast.ts";
import { checkCondition } from "./accept.ts";
import { blockExpr, blockOf, joinBlocks } from "./blocks.ts";
import type { Checked, CheckedBlock } from "./checked.ts";
import { emitBlock } from "./checked.ts";
import { infer, report, scoped, warn } from "./context.ts";
import type { Routine, Want } from "./context.ts";
import { Patterns } from "./patterns.ts";
import type { CheckedPattern } from "./patterns.ts";
import { Matrix } from "./exhaustive.ts";
import { close, isWrong, NEVER } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import { joinFlows, narrowed } from "./scope.ts";
import type { Flow } from "./scope.ts";

interface Arm {
  readonly tree: ArmTree;
  readonly pattern: CheckedPattern;
  readonly failed: boolean;
  readonly guard: Checked | null;
  readonly body: CheckedBlock;
}

export function checkMatch(r: Routine, tree: Extract<Tree, { readonly kind: "match" }>, want: Want): Checked {
  const subject = infer(r, tree.subject);
  const before = r.flow;
  let after: Flow = before.dead();
  const arms = tree.arms.map((arm): Arm => {
    r.flow = before;
    const checked = checkArm(r, arm, subject.ty, want);
    after = joinFlows(after, r.flow);
    return checked;
  });
  r.flow = after;
  if (!isWrong(subject.ty) && !arms.some((arm) => arm.failed)) cover(r, tree, subject.ty, arms);
  const joined = joinBlocks(
    r,
    arms.map((a) => a.body),
    want,
  );
  const ty = arms.length === 0 ? NEVER : joined.ty;
  return blockExpr(ty, tree.span, () => ({
    kind: "match",
    subject: subject.emit(),
    arms: arms.map((arm, i) => ({
      pattern: arm.pattern.emit(),
      guard: arm.guard?.emit() ?? null,
      body: emitBlock(joined.blocks[i] ?? arm.body),
    })),
    type: close(ty),
    span: tree.span,
  }));
}

function checkArm(r: Routine, tree: ArmTree, subject: Ty, want: Want): Arm {
  return scoped(r, false, () => {
    const patterns = new Patterns(r);
    const pattern = patterns.check(tree.pattern, subject, true);
    const guard = tree.guard === null ? null : checkCondition(r, tree.guard);
    r.flow = narrowed(r.flow, guard?.whenTrue);
    return { tree, pattern, failed: patterns.failed, guard, body: blockOf(r, tree.body, want) };
  });
}

/** Every value must meet an arm, and every arm a value; an arm with a guard may let any value pass. */
function cover(r: Routine, tree: Extract<Tree, { readonly kind: "match" }>, subject: Ty, arms: readonly Arm[]): void {
  const matrix = new Matrix();
  const rows: CheckedPattern["shape"][][] = [];
  for (const arm of arms) {
    if (!matrix.useful(rows, [arm.pattern.shape], [subject])) {
      warn(r, arm.tree.pattern.span, "unreachable-arm", undefined, { label: "the arms above take all that it would" });
    }
    if (arm.guard === null) rows.push([arm.pattern.shape]);
  }
  const missing = matrix.missing(rows, [subject]);
  if (missing === null) return;
  const witness = missing[0] ?? "_";
  report(
    r,
    tree.subject.span,
    "not-exhaustive",
    { missing: witness },
    {
      label: `can be \`${witness}\``,
      hint: witness === "_" ? "Add an arm `_ { … }`" : `Add an arm \`${witness} { … }\`, or \`_ { … }\``,
    },
  );
}
