/** Statements. Each gives what makes its typed statements, once every type is closed. */
import type { Expr as Tree, Statement as StatementTree } from "../ast.ts";
import { accept, check, checkCondition } from "./accept.ts";
import { checkDeclare, takeApart } from "./assign.ts";
import type { Checked } from "./checked.ts";
import { emitBlock } from "./checked.ts";
import { infer, placeOf, report, warn } from "./context.ts";
import type { Frame, Routine } from "./context.ts";
import { addCause } from "./effects.ts";
import { elementOf } from "./iterate.ts";
import { enterLoop } from "./loops.ts";
import { captureOf, childRoutine, finishBody } from "./routines.ts";
import { assignedNames, declaredNames, bindNames } from "./scan.ts";
import { textOf } from "./text.ts";
import { isWrong, NIL, STRING } from "./infer-types.ts";
import { joinFlows, narrowed } from "./scope.ts";
import type { Span } from "../source.ts";
import type { Statement } from "../typed.ts";

type Of<K extends StatementTree["kind"]> = Extract<StatementTree, { readonly kind: K }>;
type Emit = () => readonly Statement[];

const none: Emit = () => [];

/** `quiet`: it is no mistake to drop its value. */
export function checkStatement(r: Routine, tree: StatementTree, quiet: boolean): Emit {
  switch (tree.kind) {
    case "expression":
      return checkUnused(r, tree, quiet);
    case "declare":
      return checkDeclare(r, tree.name, tree.type, tree.value);
    case "while":
      return checkWhile(r, tree);
    case "for":
      return checkFor(r, tree);
    case "undo":
      return checkUndo(r, tree);
    case "print":
      return checkPrint(r, tree);
    case "raise":
      return checkRaise(r, tree);
    case "assert":
      return checkAssert(r, tree);
    case "return":
      return checkReturn(r, tree);
    case "break":
    case "continue":
      return checkLeave(r, tree);
    case "misplaced":
    case "error":
      return none;
  }
}

function checkUnused(r: Routine, tree: Of<"expression">, quiet: boolean): Emit {
  const value = r.program.rules.inferUnused(r, tree.expr);
  if (value.pure && !quiet && !isWrong(value.ty)) warnUnused(r, value);
  return () => [{ kind: "expression", expr: value.emit() }];
}

export function warnUnused(r: Routine, value: Checked): void {
  const text = r.file.source.text.slice(value.span.start, value.span.end);
  const comparison = /^\s*[A-Za-z_]\w*\s*==/.test(text);
  warn(r, value.span, "unused-value", undefined, {
    label: "computed, and then dropped",
    hint: comparison ? "To assign, write one `=`" : "Assign it, print it, or remove it",
  });
}

function checkWhile(r: Routine, tree: Of<"while">): Emit {
  const { statements } = tree.body;
  const asStatement: StatementTree = {
    kind: "expression",
    expr: tree.condition,
    semicolon: true,
    span: tree.condition.span,
  };
  const loop = enterLoop(r, assignedNames([...statements, asStatement]), declaredNames(statements));
  const condition = checkCondition(r, tree.condition);
  const forever = tree.condition.kind === "bool" && tree.condition.value;
  const exit = forever ? r.flow.dead() : narrowed(r.flow, condition.whenFalse);
  r.flow = narrowed(r.flow, condition.whenTrue);
  const frame: Extract<Frame, { kind: "loop" }> = { kind: "loop", breaks: [], continues: [] };
  const body = loopBody(r, frame, () => r.program.rules.block(r, statements, tree.body.span, { use: "none" }));
  const back = frame.continues.reduce(joinFlows, r.flow);
  loop.leave(back);
  const again = forever
    ? back.dead()
    : narrowed(back.widen(new Set(condition.whenFalse?.map((v) => v.name))), condition.whenFalse);
  r.flow = frame.breaks.reduce(joinFlows, joinFlows(exit, again));
  return () => [{ kind: "while", condition: condition.emit(), body: emitBlock(body), span: tree.span }];
}

function loopBody<T>(r: Routine, frame: Frame, body: () => T): T {
  r.frames.push(frame);
  const result = body();
  r.frames.pop();
  return result;
}

function checkFor(r: Routine, tree: Of<"for">): Emit {
  const list = infer(r, tree.list);
  const over = elementOf(r, list);
  const { statements } = tree.body;
  const names = bindNames(tree.bind);
  const loop = enterLoop(
    r,
    new Set([...assignedNames(statements), ...names]),
    new Set([...declaredNames(statements), ...names]),
  );
  const before = r.flow;
  const taken = takeApart(r, tree.bind, over.element);
  const frame: Extract<Frame, { kind: "loop" }> = { kind: "loop", breaks: [], continues: [] };
  const body = loopBody(r, frame, () => r.program.rules.block(r, statements, tree.body.span, { use: "none" }));
  const back = frame.continues.reduce(joinFlows, r.flow);
  loop.leave(back);
  r.flow = frame.breaks.reduce(joinFlows, joinFlows(before, back));
  return () => {
    const made = emitBlock(body);
    const block = { ...made, statements: [...taken.prologue(), ...made.statements] };
    return [{ kind: "for", over: over.kind, list: list.emit(), bind: taken.bind(), body: block, span: tree.span }];
  };
}

function checkUndo(r: Routine, tree: Of<"undo">): Emit {
  if (r.tries === 0) {
    report(r, tree.span, "misplaced-undo", undefined, {
      label: "no `try` of the same function or branch is around it",
      hint: "Put it into the body of a `try`",
    });
  }
  const body = childRoutine(r, "undo", r.childName("undo"), tree.span);
  finishBody(body, tree.body.statements, tree.body.span, NIL);
  return () => [{ kind: "undo", body: captureOf(body), span: tree.span }];
}

function checkPrint(r: Routine, tree: Of<"print">): Emit {
  const value = textOf(infer(r, tree.value));
  addCause(r.effect, { ...placeOf(r, tree.span), row: "writes", what: "`print`" });
  return () => [{ kind: "print", value: value.emit(), span: tree.span }];
}

function checkRaise(r: Routine, tree: Of<"raise">): Emit {
  const value = infer(r, tree.value);
  r.flow = r.flow.dead();
  return () => {
    const made = value.emit();
    return [{ kind: "raise", value: made, of: made.type, span: tree.span }];
  };
}

/** What holds after it: its condition. */
function checkAssert(r: Routine, tree: Of<"assert">): Emit {
  const condition = checkCondition(r, tree.condition);
  const after = r.flow;
  r.flow = narrowed(after, condition.whenFalse);
  const message =
    tree.message === null ? null : accept(r, textOf(infer(r, tree.message)), STRING, { what: "the message" });
  r.flow = narrowed(after, condition.whenTrue);
  const source = r.file.source.text.slice(tree.condition.span.start, tree.condition.span.end);
  return () => [
    { kind: "assert", condition: condition.emit(), source, message: message?.emit() ?? null, span: tree.span },
  ];
}

const cannotLeave = { branch: "a branch", undo: "an `undo`" } as const;

function checkReturn(r: Routine, tree: Of<"return">): Emit {
  if (r.kind === "branch" || r.kind === "undo") return misplaced(r, "return", cannotLeave[r.kind], tree.span);
  if (r.frames.some((f) => f.kind === "finally")) return misplaced(r, "return", "`finally`", tree.span);
  const value = tree.value === null ? null : returned(r, tree.value);
  const entry = { span: tree.span, value };
  r.returns.push(entry);
  r.flow = r.flow.dead();
  return () => [{ kind: "return", value: entry.value?.emit() ?? null, span: tree.span }];
}

function returned(r: Routine, tree: Tree): Checked {
  const because = { what: `what ${r.kind === "lambda" ? "this lambda" : `\`${r.name}\``} returns` };
  return r.expected === null ? infer(r, tree) : check(r, tree, r.expected, because);
}

function misplaced(r: Routine, word: string, inside: string, span: Span): Emit {
  report(
    r,
    span,
    "misplaced-leave",
    { word, inside },
    {
      label: `cannot leave ${inside}`,
      hint: inside === "a branch" ? "Take a value from the block, or `raise`" : undefined,
    },
  );
  return none;
}

function checkLeave(r: Routine, tree: Of<"break"> | Of<"continue">): Emit {
  const frame = r.frames.at(-1);
  const { kind, span } = tree;
  if (frame === undefined && (r.kind === "branch" || r.kind === "undo"))
    return misplaced(r, kind, cannotLeave[r.kind], span);
  if (frame === undefined) {
    report(r, span, "outside-loop", { word: kind }, { label: "no loop is around it" });
    return none;
  }
  if (frame.kind === "finally") return misplaced(r, kind, "`finally`", span);
  frame[kind === "break" ? "breaks" : "continues"].push(r.flow);
  r.flow = r.flow.dead();
  return () => [{ kind, span }];
}
