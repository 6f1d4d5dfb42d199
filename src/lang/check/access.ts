/** Into a value: `xs[i]`, `t.0`, `p.x`, `e.code` (rules 16, 28, 48). */
import type { Expr as Tree } from "../ast.ts";
import { accept, check } from "./accept.ts";
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { fail, infer } from "./context.ts";
import { notKnown } from "./accept.ts";
import type { Routine } from "./context.ts";
import { ANY, BOOL, close, ERROR, INT, listOf, openTy, optionOf, resolve, show, showA, STRING } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import { nearest } from "../nearest.ts";
import type { Expr } from "../typed.ts";
import { unify } from "./unify.ts";

type Of<K extends Tree["kind"]> = Extract<Tree, { readonly kind: K }>;

export function checkIndex(r: Routine, tree: Of<"index">): Checked {
  return indexOf(r, tree, infer(r, tree.object));
}

function indexOf(r: Routine, tree: Of<"index">, object: Checked): Checked {
  const at = resolve(object.ty);
  const because = { what: "an index" };
  switch (at.kind) {
    case "list":
      return indexed(tree, "list", object, check(r, tree.index, INT, because), at.element);
    case "Bytes":
      return indexed(tree, "Bytes", object, check(r, tree.index, INT, because), INT);
    case "map":
      return indexed(tree, "map", object, check(r, tree.index, at.key, { what: "a key of this map" }), at.value);
    case "Any":
      return indexed(tree, "Any", object, accept(r, infer(r, tree.index), ANY, because), ANY);
    case "open":
      unify(at, listOf(openTy(at.origin.span, at.origin.what)), r.closing);
      return indexOf(r, tree, object);
    case "error":
      infer(r, tree.index);
      return wrong(tree.span);
    default:
      infer(r, tree.index);
      return fail(
        r,
        tree.span,
        "not-indexable",
        { found: show(at) },
        {
          label: `${showA(at)} has no elements`,
          hint: indexHints[at.kind],
        },
      );
  }
}

const indexHints: Readonly<Partial<Record<Ty["kind"], string>>> = {
  String: "Take its characters: `chars(s)[0]`",
  tuple: "Items of a tuple are `t.0`, `t.1`",
  option: "Test it against nil first",
  record: "Fields are `p.name`",
};

function indexed(
  tree: Of<"index">,
  on: "list" | "Bytes" | "map" | "Any",
  object: Checked,
  index: Checked,
  ty: Ty,
): Checked {
  const emit = (): Expr => ({
    kind: "index",
    on,
    object: object.emit(),
    index: index.emit(),
    type: close(ty),
    span: tree.span,
  });
  return { ty, span: tree.span, pure: object.pure && index.pure, emit };
}

/** `t.0` */
export function checkItem(r: Routine, tree: Of<"item">): Checked {
  const object = infer(r, tree.object);
  const at = resolve(object.ty);
  if (at.kind === "error") return wrong(tree.span);
  if (at.kind === "open") return notKnown(r, object);
  const item = at.kind === "tuple" ? at.items[tree.index] : undefined;
  if (item !== undefined) return field(tree, object, tree.index, item);
  const has = at.kind === "tuple" ? `has ${at.items.length} items, from \`.0\`` : `${showA(at)} is no tuple`;
  return fail(
    r,
    tree.span,
    "unknown-field",
    { name: String(tree.index), of: show(at) },
    {
      label: has,
      hint: at.kind === "list" ? `Elements of a list are \`xs[${tree.index}]\`` : undefined,
    },
  );
}

const errorFields = {
  code: STRING,
  message: STRING,
  value: ANY,
  trace: STRING,
  source: STRING,
  branch: optionOf(INT),
  suppressed: listOf(ERROR),
} as const;

/** `p.x` of a value. */
export function checkField(r: Routine, tree: Of<"member">, object: Checked): Checked {
  const at = resolve(object.ty);
  const { name } = tree.name;
  switch (at.kind) {
    case "record": {
      const index = at.fields.findIndex((f) => f.name === name);
      const found = at.fields[index];
      return found === undefined
        ? unknownField(
            r,
            tree,
            at,
            at.fields.map((f) => f.name),
          )
        : field(tree, object, index, found.type);
    }
    case "flags": {
      const bit = at.labels.indexOf(name);
      return bit < 0 ? unknownField(r, tree, at, at.labels) : flag(tree, object, bit);
    }
    case "Error":
      return isErrorField(name) ? errorField(tree, object, name) : unknownField(r, tree, at, Object.keys(errorFields));
    case "Any":
      return anyField(tree, object);
    case "error":
      return wrong(tree.span);
    case "open":
      return notKnown(r, object);
    default:
      return unknownField(r, tree, at, []);
  }
}

function field(tree: Of<"member"> | Of<"item">, object: Checked, index: number, ty: Ty): Checked {
  const emit = (): Expr => ({ kind: "field", object: object.emit(), index, type: close(ty), span: tree.span });
  return { ty, span: tree.span, pure: object.pure, emit };
}

function flag(tree: Of<"member">, object: Checked, bit: number): Checked {
  const emit = (): Expr => ({ kind: "flag", object: object.emit(), bit, type: { kind: "Bool" }, span: tree.span });
  return { ty: BOOL, span: tree.span, pure: object.pure, emit };
}

function isErrorField(name: string): name is keyof typeof errorFields {
  return Object.hasOwn(errorFields, name);
}

function errorField(tree: Of<"member">, object: Checked, name: keyof typeof errorFields): Checked {
  const ty: Ty = errorFields[name];
  const emit = (): Expr => ({ kind: "error-field", object: object.emit(), name, type: close(ty), span: tree.span });
  return { ty, span: tree.span, pure: object.pure, emit };
}

function anyField(tree: Of<"member">, object: Checked): Checked {
  const { name } = tree.name;
  const emit = (): Expr => ({ kind: "any-field", object: object.emit(), name, type: { kind: "Any" }, span: tree.span });
  return { ty: ANY, span: tree.span, pure: object.pure, emit };
}

function unknownField(r: Routine, tree: Of<"member">, of: Ty, names: readonly string[]): Checked {
  const { name } = tree.name;
  const near = nearest(name, names);
  return fail(
    r,
    tree.name.span,
    "unknown-field",
    { name, of: show(of) },
    {
      label: names.length === 0 ? `${showA(of)} has no fields` : `it has ${names.map((n) => `\`${n}\``).join(", ")}`,
      hint: near === undefined ? fieldHint(of, name) : `Did you mean \`${near}\`?`,
    },
  );
}

function fieldHint(of: Ty, name: string): string | undefined {
  if (of.kind === "option") return "Test it against nil first";
  if (of.kind === "map") return `The value of a key is \`m["${name}"]\``;
  if (["len", "length", "size"].includes(name)) return "Write `len(…)`";
  return of.kind === "resource" ? `Call it: \`.${name}()\`` : undefined;
}
