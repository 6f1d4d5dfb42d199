/**
 * A bound on the tree's height. Nesting is bounded while parsing, but a long chain (`a + b + c …`, `x.a.b.c …`)
 * makes a high tree out of flat text, and later phases walk trees by recursion.
 */
import type { Declaration, Statement } from "../ast.ts";
import type { Diagnostics } from "../diagnostics.ts";
import type { Source } from "../source.ts";

/** Nodes from an item of the file down to its deepest leaf. */
export const MAX_HEIGHT = 700;

/** The item itself, or an `error` in its place when its tree is too high. */
export function boundHeight(
  item: Declaration | Statement,
  source: Source,
  diagnostics: Diagnostics,
): Declaration | Statement {
  const { start, end } = item.span;
  // Every level takes at least one character.
  if (end - start < MAX_HEIGHT || heightOf(item) <= MAX_HEIGHT) return item;
  const extras = { label: "a chain this long", hint: "Split it with variables, or use a list with `fold` or `join`" };
  diagnostics.error(source, { start, end }, "too-deep", { limit: MAX_HEIGHT }, extras);
  return { kind: "error", span: { start, end } };
}

/** By its own stack, since the point is that recursion might not do. Stops counting above the limit. */
function heightOf(root: object): number {
  const stack: { node: object; height: number }[] = [{ node: root, height: 1 }];
  let highest = 0;
  for (let top = stack.pop(); top !== undefined && highest <= MAX_HEIGHT; top = stack.pop()) {
    highest = Math.max(highest, top.height);
    if (top.node instanceof Uint8Array) continue;
    const height = top.height + ("kind" in top.node ? 1 : 0);
    for (const child of Object.values(top.node)) {
      if (typeof child === "object" && child !== null) stack.push({ node: child, height });
    }
  }
  return highest;
}
