/** Questions about typed trees that need a look at every node: what may assign, what has effect sites. */
import type { CheckedProgram, Expr, Fn, Statement } from "../typed.ts";

/** Properties that hold no nodes. */
const LEAVES: ReadonlySet<string> = new Set([
  "type",
  "span",
  "of",
  "from",
  "wit",
  "conversion",
  "types",
  "local",
  "bind",
]);

export type TreeNode = Expr | Statement;

/** Calls `see` for this and every node within; captured functions are not entered. False from `see` skips what is within. */
export function walk(root: unknown, see: (node: TreeNode) => boolean): void {
  const work: unknown[] = [root];
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    if (at === null || typeof at !== "object") continue;
    if (Array.isArray(at)) {
      work.push(...(at as unknown[]));
      continue;
    }
    const node = at as TreeNode;
    if (node.kind === "const") continue;
    if (typeof node.kind === "string" && !see(node)) continue;
    for (const [name, value] of Object.entries(node)) if (!LEAVES.has(name)) work.push(value);
  }
}

function some(root: unknown, is: (node: TreeNode) => boolean): boolean {
  let found = false;
  walk(root, (node) => {
    found ||= is(node);
    return !found;
  });
  return found;
}

/** Whether evaluating it may assign a variable of this function. */
export function mayAssign(expr: Expr): boolean {
  return some(
    expr,
    (n) =>
      n.kind === "assign" || n.kind === "destructure" || n.kind === "for" || n.kind === "match" || n.kind === "try",
  );
}

const SITES: ReadonlySet<string> = new Set([
  "foreign",
  "print",
  "spawn",
  "await",
  "wait-signal",
  "shell",
  "shellpipe",
  "para",
  "race",
  "para-for",
  "timeout",
  "retry",
  "undo",
  "call-value",
]);

const EFFECTS: ReadonlySet<string> = new Set([
  "sleep",
  "sleep_until",
  "now",
  "random",
  "uuid",
  "webhook",
  "emit",
  "progress",
]);

const CALLING: ReadonlySet<string> = new Set(["map", "filter", "fold", "sort"]);

/** Whether the node itself is an effect site, or calls something that has one. */
function isSite(node: TreeNode, silent: readonly boolean[]): boolean {
  if (SITES.has(node.kind)) return true;
  if (node.kind === "call") return !silent[node.fn];
  if (node.kind !== "prelude") return false;
  if (EFFECTS.has(node.name) || (node.name === "log" && node.overload > 0)) return true;
  return CALLING.has(node.name) && !callsSilently(node.args, silent);
}

/** Whether every function among the arguments of `map` and its kind is a lambda without sites. */
export function callsSilently(args: readonly Expr[], silent: readonly boolean[]): boolean {
  return args.every((arg) => arg.type.kind !== "fn" || (arg.kind === "lambda" && silent[arg.body.fn] === true));
}

export function hasSite(tree: unknown, silent: readonly boolean[]): boolean {
  return some(tree, (node) => isSite(node, silent));
}

/** For every function whether it has no effect site, nor calls one that has: the greatest fixed point. */
export function silentFunctions(program: CheckedProgram): boolean[] {
  const silent = program.functions.map((fn) => fn.kind !== "main");
  for (let changed = true; changed;) {
    changed = false;
    for (const fn of program.functions) {
      if (!silent[fn.index] || !speaks(fn, silent)) continue;
      silent[fn.index] = false;
      changed = true;
    }
  }
  return silent;
}

function speaks(fn: Fn, silent: readonly boolean[]): boolean {
  return hasSite(fn.body, silent);
}
