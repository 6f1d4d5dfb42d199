/**
 * Which values do the arms of a `match` leave out, and which arms can never be reached: matrices of patterns.
 *
 *   H1  A row is a vector of shapes, a column a type. Rows above win.
 *   H2  `missing` gives one vector that no row matches, as patterns a program could write; null: none is left out.
 *   H3  The work is bounded: beyond the bound a match counts as complete and its arms as reachable.
 */
import { partsOf, resolve } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";

export type Shape =
  | { readonly kind: "any" }
  /** A constructor of the column's type by number, or a literal by its text. */
  | { readonly kind: "is"; readonly what: number | string; readonly parts: readonly Shape[] }
  | { readonly kind: "or"; readonly of: readonly Shape[] };

export const anyShape: Shape = { kind: "any" };

type Row = readonly Shape[];

interface Constructor {
  readonly parts: readonly Ty[];
  readonly show: (parts: readonly string[]) => string;
}

/** The constructors of a type, or null when there are too many to list. */
function constructorsOf(ty: Ty): readonly Constructor[] | null {
  const at = resolve(ty);
  const word = (text: string): Constructor => ({ parts: [], show: () => text });
  const around = (text: string, part: Ty): Constructor => ({ parts: [part], show: ([p]) => `${text}(${p ?? "_"})` });
  switch (at.kind) {
    case "Bool":
      return [word("false"), word("true")];
    case "Nil":
      return [word("nil")];
    case "option":
      return [word("nil"), around("some", at.some)];
    case "result":
      return [around("ok", at.ok), around("err", at.err)];
    case "variant":
      return at.cases.map((c) => (c.payload === null ? word(c.name) : around(c.name, c.payload)));
    case "enum":
      return at.cases.map(word);
    case "tuple":
      return [
        { parts: partsOf(at), show: (parts) => (parts.length === 1 ? `&(${parts[0]})` : `(${parts.join(", ")})`) },
      ];
    case "record":
      return [{ parts: at.fields.map((f) => f.type), show: (parts) => `${at.name}(${parts.join(", ")})` }];
    default:
      return null;
  }
}

const MOST_STEPS = 20_000;

export class Matrix {
  #steps = 0;

  /** H2. */
  missing(rows: readonly Row[], tys: readonly Ty[]): readonly string[] | null {
    const [ty, ...rest] = tys;
    this.#steps += 1;
    if (this.#steps > MOST_STEPS) return null; // H3
    if (ty === undefined) return rows.length === 0 ? [] : null;
    const flat = rows.flatMap(splitOr);
    const all = constructorsOf(ty);
    const used = new Set(flat.flatMap(([head]) => (head?.kind === "is" ? [head.what] : [])));
    if (all !== null && all.every((_, i) => used.has(i))) return this.#missingInside(flat, all, rest);
    const found = this.missing(
      flat.filter(([head]) => head?.kind === "any").map(([, ...tail]) => tail),
      rest,
    );
    if (found === null) return null;
    const left = all?.find((_, i) => !used.has(i));
    return [left === undefined || used.size === 0 ? "_" : left.show(left.parts.map(() => "_")), ...found];
  }

  #missingInside(rows: readonly Row[], all: readonly Constructor[], rest: readonly Ty[]): readonly string[] | null {
    for (const [i, constructor] of all.entries()) {
      const arity = constructor.parts.length;
      const found = this.missing(specialise(rows, i, arity), [...constructor.parts, ...rest]);
      if (found !== null) return [constructor.show(found.slice(0, arity)), ...found.slice(arity)];
    }
    return null;
  }

  /** Whether the row matches something that no row above does. */
  useful(rows: readonly Row[], row: Row, tys: readonly Ty[]): boolean {
    const [head, ...tail] = row;
    const [ty, ...rest] = tys;
    this.#steps += 1;
    if (this.#steps > MOST_STEPS) return true; // H3
    if (head === undefined || ty === undefined) return rows.length === 0;
    if (head.kind === "or") return head.of.some((shape) => this.useful(rows, [shape, ...tail], tys));
    const flat = rows.flatMap(splitOr);
    const all = constructorsOf(ty);
    if (head.kind === "is") {
      const parts = typeof head.what === "number" ? (all?.[head.what]?.parts ?? []) : [];
      return this.useful(specialise(flat, head.what, parts.length), [...head.parts, ...tail], [...parts, ...rest]);
    }
    const used = new Set(flat.flatMap(([first]) => (first?.kind === "is" ? [first.what] : [])));
    if (all === null || !all.every((_, i) => used.has(i))) {
      return this.useful(
        flat.filter(([first]) => first?.kind === "any").map(([, ...others]) => others),
        tail,
        rest,
      );
    }
    return all.some(({ parts }, i) =>
      this.useful(specialise(flat, i, parts.length), [...parts.map(() => anyShape), ...tail], [...parts, ...rest]),
    );
  }
}

function splitOr(row: Row): readonly Row[] {
  const [head, ...tail] = row;
  return head?.kind === "or" ? head.of.flatMap((shape) => splitOr([shape, ...tail])) : [row];
}

/** The rows that match this constructor, with its parts in place of it. */
function specialise(rows: readonly Row[], what: number | string, arity: number): readonly Row[] {
  return rows.flatMap(([head, ...tail]): readonly Row[] => {
    if (head?.kind === "is") return head.what === what ? [[...head.parts, ...tail]] : [];
    return [[...Array.from({ length: arity }, () => anyShape), ...tail]];
  });
}
