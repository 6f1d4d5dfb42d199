/** A value as the text it prints as (rule 43): `print`, `..`, `$"…"`, the words of a shell. */
import type { Checked } from "./checked.ts";
import { resolve, STRING } from "./infer-types.ts";
import type { Expr } from "../typed.ts";

export function textOf(value: Checked): Checked {
  if (resolve(value.ty).kind === "error") return value;
  const emit = (): Expr => {
    const made = value.emit();
    if (made.type.kind === "String") return made;
    return { kind: "text", from: made.type, value: made, type: { kind: "String" }, span: value.span };
  };
  return { ty: STRING, span: value.span, pure: value.pure, emit };
}
