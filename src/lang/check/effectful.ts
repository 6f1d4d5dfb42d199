/** Effects with their own syntax: `shell`, `shellpipe`, `spawn`, `await`, `wait signal` (rules 36, 51, 52). */
import type { Expr as Tree } from "../ast.ts";
import { check } from "./accept.ts";
import { inferAnyway } from "./arguments.ts";
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { fail, infer, placeOf, report } from "./context.ts";
import type { Routine } from "./context.ts";
import { addCause } from "./effects.ts";
import { findEntity, findVariable } from "./names.ts";
import { memberOf, nameOf, resolvePath } from "./paths.ts";
import { resultOf, unitArguments } from "./program-calls.ts";
import { textOf } from "./text.ts";
import { ANY, close, DURATION, isWrong, resolve, show, someTy, STRING } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import { webhookType } from "./prelude-signatures.ts";
import { shellResult } from "../typed.ts";
import type { Expr } from "../typed.ts";

type Of<K extends Tree["kind"]> = Extract<Tree, { readonly kind: K }>;

export function checkSpawn(r: Routine, tree: Of<"spawn">, label: string | null): Checked {
  addCause(r.effect, { ...placeOf(r, tree.span), row: "suspends", what: "`spawn`" });
  const { operand, span } = tree;
  if (operand.kind !== "call") {
    infer(r, operand);
    return notWorkflow(r, tree);
  }
  const entity = spawned(r, operand.callee);
  if (entity?.kind === "wrong") return wrong(span);
  if (entity?.kind !== "function" || !entity.unit.workflow) {
    inferAnyway(r, operand.args);
    return notWorkflow(r, tree);
  }
  const { unit } = entity;
  const args = unitArguments(r, unit, nameOf(operand.callee), operand.args, span);
  const result = resultOf(r, unit, span);
  if (args === null || isWrong(result)) return wrong(span);
  for (const [i, ty] of args.tys.entries()) {
    const arg = operand.args[i];
    if (arg !== undefined && someTy(ty, (t) => t.kind === "resource")) {
      report(r, arg.span, "spawn-argument", { found: show(ty) }, { label: "a resource cannot leave its run" });
    }
  }
  const ty: Ty = { kind: "task", result };
  return {
    ty,
    span,
    pure: false,
    emit: () => ({ kind: "spawn", fn: unit.index, args: args.emit(), label, type: close(ty), span }),
  };
}

function spawned(r: Routine, callee: Tree): ReturnType<typeof findEntity> {
  if (callee.kind === "name") return findVariable(r, callee.name) === null ? findEntity(r, callee.name) : null;
  if (callee.kind !== "member") return null;
  const object = resolvePath(r, callee.object);
  return object === null ? null : memberOf(r, object, callee.name, nameOf(callee.object));
}

function notWorkflow(r: Routine, tree: Of<"spawn">): Checked {
  return fail(r, tree.operand.span, "spawn-target", undefined, {
    label: "not the call of a workflow",
    hint: "`spawn` starts a workflow of the program; to run calls side by side, use `para`",
  });
}

export function checkAwait(r: Routine, tree: Of<"await">): Checked {
  const task = infer(r, tree.operand);
  const at = resolve(task.ty);
  addCause(r.effect, { ...placeOf(r, tree.span), row: "suspends", what: "`await`" });
  if (at.kind === "error") return wrong(tree.span);
  const isWebhook = at.kind === "record" && at.id === webhookType.id;
  if (at.kind !== "task" && !isWebhook) {
    return fail(
      r,
      task.span,
      "await-target",
      { found: show(at) },
      {
        label: "neither a Task nor a Webhook",
        hint: at.kind === "fn" ? undefined : "Calls already wait for their result: remove `await`",
      },
    );
  }
  const ty = at.kind === "task" ? at.result : ANY;
  return {
    ty,
    span: tree.span,
    pure: false,
    emit: () => ({ kind: "await", task: task.emit(), type: close(ty), span: tree.span }),
  };
}

export function checkWaitSignal(r: Routine, tree: Of<"wait-signal">, label: string | null): Checked {
  const name = check(r, tree.name, STRING, { what: "the name of a signal" });
  const timeout = tree.timeout === null ? null : check(r, tree.timeout, DURATION, { what: "`timeout`" });
  addCause(r.effect, { ...placeOf(r, tree.span), row: "suspends", what: "`wait signal`" });
  const emit = (): Expr => ({
    kind: "wait-signal",
    name: name.emit(),
    timeout: timeout?.emit() ?? null,
    label,
    type: { kind: "Any" },
    span: tree.span,
  });
  return { ty: ANY, span: tree.span, pure: false, emit };
}

/** A second part that is a list is the arguments; anything else is the input (rule 36). */
export function checkShell(r: Routine, tree: Of<"shell">, label: string | null): Checked {
  const [first, second, third] = tree.parts;
  begin(r, tree, first);
  if (first === undefined) return wrong(tree.span);
  const command = check(r, first, STRING, { what: "a command" });
  const words = second === undefined ? { args: noWords } : shellWords(r, second);
  const input = "input" in words ? words.input : third === undefined ? null : shellInput(r, infer(r, third));
  if ("input" in words && third !== undefined) {
    report(r, third.span, "shell-parts", undefined, {
      label: "after the input nothing follows",
      hint: "Write `shell {command, [arguments], input}`",
    });
  }
  const emit = (): Expr => ({
    kind: "shell",
    command: command.emit(),
    args: "args" in words ? words.args() : [],
    input: input?.emit() ?? null,
    label,
    type: shellResult,
    span: tree.span,
  });
  return { ty: shellResult, span: tree.span, pure: false, emit };
}

type Words = { readonly args: () => readonly Expr[] | Expr } | { readonly input: Checked };

const noWords = (): readonly Expr[] => [];

function shellWords(r: Routine, tree: Tree): Words {
  if (tree.kind === "list") {
    const words = tree.items.map((item) => textOf(infer(r, item)));
    return { args: () => words.map((w) => w.emit()) };
  }
  const value = infer(r, tree);
  const at = resolve(value.ty);
  if (at.kind !== "list") return { input: shellInput(r, value) };
  if (resolve(at.element).kind === "String" || isWrong(at)) return { args: () => value.emit() };
  fail(
    r,
    tree.span,
    "wrong-type",
    { expected: "[String]", found: show(at) },
    {
      label: "arguments in a variable are Strings",
      hint: "Convert each: `map(xs, |x| str(x))`",
    },
  );
  return { args: noWords };
}

function shellInput(r: Routine, value: Checked): Checked {
  const { kind } = resolve(value.ty);
  if (["String", "Bytes", "error"].includes(kind)) return value;
  return fail(
    r,
    value.span,
    "wrong-type",
    { expected: "String", found: show(value.ty) },
    {
      label: "the input is a String or Bytes; arguments are a list",
      hint: kind === "record" ? "Take its output: `.stdout`" : "Write a list for arguments: `shell {command, [a, b]}`",
    },
  );
}

/** Refused where the platform has no shell; noted for the grant that it needs. */
function begin(r: Routine, tree: Tree, command: Tree | undefined): void {
  addCause(r.effect, { ...placeOf(r, tree.span), row: "writes", what: "`shell`" });
  if (!r.program.env.platform.shell) {
    report(r, tree.span, "no-shell", undefined, { label: "this platform cannot run commands" });
  }
  const constant = command?.kind === "string" ? command.value : null;
  r.program.shells.push({ command: constant, file: r.file.index, span: tree.span });
}

export function checkShellpipe(r: Routine, tree: Of<"shellpipe">, label: string | null): Checked {
  for (const words of tree.commands) begin(r, tree, words[0]);
  const commands = tree.commands.map((words) => words.map((word) => textOf(infer(r, word))));
  const emit = (): Expr => ({
    kind: "shellpipe",
    commands: commands.map((words) => words.map((word) => word.emit())),
    label,
    type: shellResult,
    span: tree.span,
  });
  return { ty: shellResult, span: tree.span, pure: false, emit };
}
