/** Which variable a test against nil is about (rule 17). */
import type { Expr as Tree } from "../ast.ts";
import type { Routine } from "./context.ts";
import { inRoutine } from "./names.ts";
import { resolve } from "./infer-types.ts";
import { narrowedTy } from "./scope.ts";
import type { Variable } from "./scope.ts";

/** Of `x == nil`, `nil != x`: the variable, if its type is an option. */
export function nilTested(r: Routine, tree: Extract<Tree, { readonly kind: "binary" }>): Variable | null {
  if (tree.right.kind === "nil") return optionVariable(r, tree.left);
  return tree.left.kind === "nil" ? optionVariable(r, tree.right) : null;
}

/** The variable that an expression is (or assigns), when it holds an option here. */
export function optionVariable(r: Routine, tree: Tree): Variable | null {
  const name = nameOf(tree);
  const found = name === null ? null : r.scope.find(name);
  if (found === null) return null;
  const variable = inRoutine(r, found, tree.span);
  const fact = r.flow.factOf(variable);
  const [slot] = fact?.slots ?? [];
  if (fact === null || slot === undefined) return null;
  return resolve(narrowedTy(slot, fact.narrowed)).kind === "option" ? variable : null;
}

function nameOf(tree: Tree): string | null {
  if (tree.kind === "paren") return nameOf(tree.inner);
  if (tree.kind === "assign") return tree.target.kind === "name" ? tree.target.name.name : null;
  return tree.kind === "name" ? tree.name : null;
}
