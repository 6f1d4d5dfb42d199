/** What a `for` goes over, and what each element is. */
import type { Checked } from "./checked.ts";
import { report } from "./context.ts";
import type { Routine } from "./context.ts";
import { ANY, INT, isWrong, openTy, resolve, show, showA, WRONG } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import { unify } from "./unify.ts";

export interface Iteration {
  readonly kind: "list" | "map" | "Any";
  readonly element: Ty;
}

export function elementOf(r: Routine, list: Checked): Iteration {
  const ty = resolve(list.ty);
  switch (ty.kind) {
    case "list":
      return { kind: "list", element: ty.element };
    case "Bytes":
      return { kind: "list", element: INT };
    case "map":
      return { kind: "map", element: { kind: "tuple", items: [ty.key, ty.value] } };
    case "Any":
      return { kind: "Any", element: ANY };
    case "open": {
      const element = openTy(ty.origin.span, ty.origin.what);
      unify(ty, { kind: "list", element }, r.closing);
      return { kind: "list", element };
    }
    default:
      if (!isWrong(ty)) refuse(r, list, ty);
      return { kind: "list", element: WRONG };
  }
}

function refuse(r: Routine, list: Checked, ty: Ty): void {
  const hints: Readonly<Record<string, string>> = {
    String: "Go over its characters: `chars(…)`",
    Int: "Go over a range: `range(…)`",
    option: "Give a value for nil: `… ?? []`",
  };
  report(r, list.span, "not-iterable", { found: show(ty) }, { label: `${showA(ty)}`, hint: hints[resolve(ty).kind] });
}
