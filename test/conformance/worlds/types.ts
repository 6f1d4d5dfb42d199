/** Random types with their text, to a depth of five, and the definitions of named ones. */
import { partsOf } from "../../../src/wit/parts.ts";
import type { Field, PrimitiveKind, WitType } from "../../../src/wit/types.ts";
import type { Typed } from "./model.ts";
import type { Random } from "./random.ts";
import { Labels, spelt } from "./words.ts";

export const DEPTH = 5;
/** Nodes of a type written out as a tree: bounds what lists of fixed length multiply. */
const MOST_NODES = 70;

const SCALARS = ["bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string"] as const;
const KEYS = SCALARS.filter((kind) => kind !== "f32" && kind !== "f64");

/** Named types that a text can refer to here, and the names that are taken. */
export class Scope {
  readonly labels: Labels;
  readonly named: Typed[] = [];
  readonly lines: string[] = [];
  /** Begins every type's name, where the scope is shared with other worlds. */
  readonly prefix: string;

  constructor(random: Random, prefix: string = "") {
    this.labels = new Labels(random);
    this.prefix = prefix;
  }
}

/** A type of at most this depth. */
export function randomType(random: Random, scope: Scope, depth: number = DEPTH): Typed {
  for (let most = depth; ; most = Math.max(0, most - 1)) {
    const made = anyType(random, scope, most);
    if (nodesOf(made.type) <= MOST_NODES && depthOf(made.type) <= DEPTH) return made;
  }
}

function anyType(random: Random, scope: Scope, depth: number): Typed {
  if (depth === 0 || random.chance(25)) return leaf(random, scope);
  const inner = (): Typed => anyType(random, scope, depth - 1);
  switch (random.below(9)) {
    case 0:
    case 1: {
      const { text, type } = inner();
      return { text: `list<${text}>`, type: { kind: "list", element: type } };
    }
    case 2: {
      const { text, type } = inner();
      const length = random.between(1, 4);
      return { text: `list<${text}, ${length}>`, type: { kind: "list", element: type, length } };
    }
    case 3: {
      const key = random.pick(KEYS);
      const { text, type } = inner();
      return { text: `map<${key}, ${text}>`, type: { kind: "map", key: { kind: key }, value: type } };
    }
    case 4:
      return tupleOf(Array.from({ length: random.between(1, 4) }, inner));
    case 5:
    case 6: {
      const { text, type } = inner();
      return { text: `option<${text}>`, type: { kind: "option", some: type } };
    }
    case 7:
      return resultOf(random.chance(75) ? inner() : null, random.chance(75) ? inner() : null);
    default:
      return scope.named.length > 0 ? random.pick(scope.named) : leaf(random, scope);
  }
}

export function tupleOf(items: readonly Typed[]): Typed {
  return {
    text: `tuple<${items.map((item) => item.text).join(", ")}>`,
    type: { kind: "tuple", items: items.map((item) => item.type) },
  };
}

export function resultOf(ok: Typed | null, err: Typed | null): Typed {
  const type: WitType = { kind: "result", ok: ok?.type ?? null, err: err?.type ?? null };
  if (err === null) return { text: ok === null ? "result" : `result<${ok.text}>`, type };
  return { text: `result<${ok?.text ?? "_"}, ${err.text}>`, type };
}

function leaf(random: Random, scope: Scope): Typed {
  if (scope.named.length > 0 && random.chance(35)) return random.pick(scope.named);
  const kind: PrimitiveKind = random.pick(SCALARS);
  return { text: kind, type: { kind } };
}

/** Defines a named type in the scope. */
export function define(random: Random, scope: Scope): void {
  const label = scope.prefix + scope.labels.nextType();
  const text = spelt(label);
  for (;;) {
    const made = definition(random, scope, text);
    if (nodesOf(made.type) > MOST_NODES || depthOf(made.type) > DEPTH) continue;
    scope.lines.push(made.line);
    scope.named.push({ text, type: made.type });
    return;
  }
}

interface Definition {
  readonly line: string;
  readonly type: WitType;
}

function definition(random: Random, scope: Scope, text: string): Definition {
  const depth = random.between(0, 2);
  switch (random.below(5)) {
    case 0: {
      const fields = members(random, 7, () => anyType(random, scope, depth));
      const body = fields.map((field) => `${spelt(field.name)}: ${field.typed.text}`).join(", ");
      const type: Field[] = fields.map((field) => ({ name: field.name, type: field.typed.type }));
      return { line: `record ${text} { ${body} }`, type: { kind: "record", name: null, fields: type } };
    }
    case 1: {
      const cases = members(random, 6, () => (random.chance(70) ? anyType(random, scope, depth) : null));
      const body = cases.map((one) => spelt(one.name) + (one.typed === null ? "" : `(${one.typed.text})`)).join(", ");
      const type = cases.map((one) => ({ name: one.name, type: one.typed?.type ?? null }));
      return { line: `variant ${text} { ${body} }`, type: { kind: "variant", name: null, cases: type } };
    }
    case 2: {
      // More than 256 cases need two bytes.
      const cases = random.chance(6) ? numbered(random, 257, 300) : names(random, random.between(1, 9));
      return { line: `enum ${text} { ${cases.map(spelt).join(", ")} }`, type: { kind: "enum", name: null, cases } };
    }
    case 3: {
      const labels = random.chance(50) ? numbered(random, 1, 32) : names(random, random.between(1, 10));
      return { line: `flags ${text} { ${labels.map(spelt).join(", ")} }`, type: { kind: "flags", name: null, labels } };
    }
    default: {
      const aliased = anyType(random, scope, depth);
      return { line: `type ${text} = ${aliased.text};`, type: aliased.type };
    }
  }
}

function names(random: Random, count: number): string[] {
  const labels = new Labels(random);
  return Array.from({ length: count }, () => labels.next());
}

function numbered(random: Random, least: number, most: number): string[] {
  return Array.from({ length: random.between(least, most) }, (_, at) => `n${at}`);
}

function members<T>(random: Random, most: number, type: () => T): { readonly name: string; readonly typed: T }[] {
  return names(random, random.between(1, most)).map((name) => ({ name, typed: type() }));
}

function nodesOf(type: WitType): number {
  const times = type.kind === "list" ? (type.length ?? 1) : 1;
  return 1 + times * partsOf(type).reduce((sum, part) => sum + nodesOf(part), 0);
}

function depthOf(type: WitType): number {
  const parts = partsOf(type);
  return parts.length === 0 ? 0 : 1 + Math.max(...parts.map(depthOf));
}
