/**
 * What checking a node gives: its type now, and `emit`, which makes its typed node once every type is closed. `emit` is
 * called only when the program has no errors, so it may rely on everything that was checked.
 */
import { close, WRONG } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import type { Variable } from "./scope.ts";
import type { Span } from "../source.ts";
import type { Block, Expr, Statement } from "../typed.ts";
import { Defect } from "../../fault.ts";

export interface Checked {
  readonly ty: Ty;
  readonly span: Span;
  readonly emit: () => Expr;
  /** Dropping its value drops everything it does. */
  readonly pure: boolean;
  /** What holds where it, a condition, is true or false (rule 17). */
  readonly whenTrue?: readonly Variable[] | undefined;
  readonly whenFalse?: readonly Variable[] | undefined;
}

export interface CheckedBlock {
  readonly ty: Ty;
  readonly span: Span;
  readonly statements: () => readonly Statement[];
  /** The value, null for nil. */
  readonly value: Checked | null;
}

export function emitBlock(block: CheckedBlock): Block {
  return { statements: block.statements(), value: block.value?.emit() ?? null, type: close(block.ty) };
}

/** The node of something already reported. */
export function wrong(span: Span): Checked {
  return {
    ty: WRONG,
    span,
    pure: false,
    emit: () => {
      throw new Defect("An erroneous node was compiled");
    },
  };
}
