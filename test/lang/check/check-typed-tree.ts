/** What must hold of every typed tree, whatever the program (C1–C4 of src/lang/typed.ts): used by the checker's tests. */
import type { Capture, CheckedProgram, Expr, Fn, Local } from "../../../src/lang/typed.ts";

/** The broken promises, in words; empty: none. */
export function brokenPromises(program: CheckedProgram): readonly string[] {
  return program.functions.flatMap((fn, i) => [...checkFunction(program, fn, i)]);
}

function* checkFunction(program: CheckedProgram, fn: Fn, index: number): Generator<string> {
  if (fn.index !== index) yield `${fn.name} is function ${index}, and says ${fn.index}`;
  if (program.functions.filter((f) => f.name === fn.name).length !== 1) yield `the name ${fn.name} is not unique`;
  for (const [i, local] of fn.locals.entries())
    if (local.index !== i) yield `${fn.name}: local ${i} says ${local.index}`;
  const first = [...fn.params, ...fn.captures];
  if (first.some((local, i) => fn.locals[i] !== local))
    yield `${fn.name}: params and captures are not the first locals`;
  for (const node of nodesIn(fn)) yield* checkNode(program, fn, node);
}

/** Every object in a function that could be a node, types and WIT left out. */
function* nodesIn(value: unknown): Generator<Record<string, unknown>> {
  if (Array.isArray(value)) for (const item of value) yield* nodesIn(item);
  if (value === null || typeof value !== "object" || Array.isArray(value) || ArrayBuffer.isView(value)) return;
  yield value as Record<string, unknown>;
  for (const [key, inner] of Object.entries(value)) {
    if (["type", "wit", "of", "span", "local", "locals", "params", "captures", "from"].includes(key)) continue;
    yield* nodesIn(inner);
  }
}

function* checkNode(program: CheckedProgram, fn: Fn, node: Record<string, unknown>): Generator<string> {
  const local = node["local"] as Local | undefined;
  if (local !== undefined && fn.locals[local.index] !== local) yield `${fn.name}: a foreign local \`${local.name}\``;
  const into = node["into"];
  if (Array.isArray(into)) {
    for (const l of into as Local[]) if (fn.locals[l.index] !== l) yield `${fn.name}: a foreign local \`${l.name}\``;
  }
  if (typeof node["fn"] === "number" && Array.isArray(node["captures"])) {
    yield* checkCapture(program, fn, node as unknown as Capture);
  }
  if (node["kind"] === "call") yield* checkCall(program, fn, node as unknown as Extract<Expr, { kind: "call" }>);
}

function* checkCapture(program: CheckedProgram, fn: Fn, capture: Capture): Generator<string> {
  const target = program.functions[capture.fn];
  if (target === undefined) return yield `${fn.name}: captures for no function`;
  if (target.captures.length !== capture.captures.length) yield `${target.name}: not as many captures as it wants`;
  for (const [i, local] of capture.captures.entries()) {
    if (fn.locals[local.index] !== local) yield `${target.name}: captures a foreign local \`${local.name}\``;
    const own = target.captures[i];
    if (own !== undefined && JSON.stringify(own.type) !== JSON.stringify(local.type)) {
      yield `${target.name}: \`${local.name}\` changes its type`;
    }
  }
}

function* checkCall(program: CheckedProgram, fn: Fn, call: Extract<Expr, { kind: "call" }>): Generator<string> {
  const target = program.functions[call.fn];
  const filled = call.args.map((a) => a.param).sort((a, b) => a - b);
  const wanted = target?.params.map((_, i) => i) ?? [];
  if (filled.join() !== wanted.join()) yield `${fn.name}: a call of ${target?.name} fills ${filled.join()}`;
}
