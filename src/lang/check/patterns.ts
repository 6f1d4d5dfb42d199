/**
 * Patterns (rule 15): against the type of what they take apart.
 *
 *   T1  A bare name at the top is a case. Inside a payload it is a case if the payload's type has it, else a binding.
 *   T2  A pattern for T stands for `some` of it where the value is a T?.
 *   T3  The alternatives of `a | b` bind the same names with the same types.
 */
import type { Expr as Tree, Ident, Pattern as PatternTree } from "../ast.ts";
import { accept } from "./accept.ts";
import { infer, report } from "./context.ts";
import type { Routine } from "./context.ts";
import { bindVariable, findEntity, localOf } from "./names.ts";
import { casesOf, resolvePath, unknownCase } from "./paths.ts";
import { anyShape } from "./exhaustive.ts";
import type { Shape } from "./exhaustive.ts";
import { ANY, close, isWrong, resolve, show, showA } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import { nearest } from "../nearest.ts";
import type { Code, CodeParams } from "../codes.ts";
import type { Extras } from "../diagnostics.ts";
import type { Slot } from "./scope.ts";
import type { Span } from "../source.ts";
import type { Expr, Pattern } from "../typed.ts";
import { isNullable } from "../types.ts";
import type { EnumType, RecordType, VariantType } from "../types.ts";
import { couldUnify, unify } from "./unify.ts";
import { AnyFloat } from "../../wit/any.ts";
import type { Value } from "../../wit/value.ts";
import { Defect } from "../../fault.ts";

export interface CheckedPattern {
  readonly shape: Shape;
  readonly emit: () => Pattern;
}

type Of<K extends PatternTree["kind"]> = Extract<PatternTree, { readonly kind: K }>;

const wildcard: CheckedPattern = { shape: anyShape, emit: () => ({ kind: "any" }) };

export class Patterns {
  readonly #r: Routine;
  /** Something was reported: whether the arms cover everything is not worth asking. */
  failed = false;
  /** Bound by this arm so far; alternatives share them (T3). */
  #bound = new Map<string, Slot>();
  #shared: ReadonlyMap<string, Slot> | null = null;

  constructor(r: Routine) {
    this.#r = r;
  }

  /** `top`: not inside a payload (T1). */
  check(tree: PatternTree, ty: Ty, top: boolean): CheckedPattern {
    const at = resolve(ty);
    if (tree.kind === "any" || tree.kind === "error") return wildcard;
    if (tree.kind === "or") return this.#or(tree, ty, top);
    if (at.kind === "error") return this.#bindAll(tree);
    if (at.kind === "option" && !this.#meansOption(tree, top)) return this.#some(tree, at.some, top);
    switch (tree.kind) {
      case "literal":
        return this.#literal(tree, at);
      case "tuple":
        return this.#tuple(tree, at);
      case "path":
        return this.#path(tree, at, top);
    }
  }

  #report<C extends Code>(span: Span, code: C, params: CodeParams<C>, extras: Extras): void {
    this.failed = true;
    report(this.#r, span, code, params, extras);
  }

  /** Of something erroneous: names are bound all the same, to keep quiet about them. */
  #bindAll(tree: PatternTree): CheckedPattern {
    if (tree.kind === "tuple") tree.items.forEach((item) => this.#bindAll(item));
    if (tree.kind === "path") {
      const [only] = tree.path;
      if (tree.args === null && tree.path.length === 1 && only !== undefined) this.#bind(only, { kind: "error" });
      tree.args?.forEach((arg) => this.#bindAll(arg.pattern));
    }
    return wildcard;
  }

  /** Whether the pattern itself says something about the option (T2). */
  #meansOption(tree: PatternTree, top: boolean): boolean {
    if (tree.kind === "literal") return tree.value.kind === "nil";
    if (tree.kind !== "path") return false;
    const isSome = tree.path.length === 1 && tree.path[0]?.name === "some" && tree.args !== null;
    return isSome || (!top && tree.args === null && tree.path.length === 1);
  }

  #some(tree: PatternTree, some: Ty, top: boolean): CheckedPattern {
    const inner = this.check(tree, some, top);
    return {
      shape: { kind: "is", what: 1, parts: [inner.shape] },
      emit: () => ({ kind: "some", boxed: isNullable(close(some)), inner: inner.emit() }),
    };
  }

  #or(tree: Of<"or">, ty: Ty, top: boolean): CheckedPattern {
    const outer = this.#bound;
    const outerShared = this.#shared;
    let names: ReadonlyMap<string, Slot> | null = null;
    const alternatives = tree.alternatives.map((alternative) => {
      this.#bound = new Map();
      this.#shared = names ?? outerShared;
      const checked = this.check(alternative, ty, top);
      if (names !== null) this.#sameNames(alternative, names);
      names ??= this.#bound;
      return checked;
    });
    this.#shared = outerShared;
    this.#bound = new Map([...outer, ...(names ?? [])]);
    return {
      shape: { kind: "or", of: alternatives.map((a) => a.shape) },
      emit: () => ({ kind: "or", alternatives: alternatives.map((a) => a.emit()) }),
    };
  }

  /** T3. */
  #sameNames(tree: PatternTree, names: ReadonlyMap<string, Slot>): void {
    const missing = [...names.keys()].filter((name) => !this.#bound.has(name));
    const extra = [...this.#bound.keys()].filter((name) => !names.has(name));
    const [name] = [...missing, ...extra];
    if (name !== undefined)
      this.#report(
        tree.span,
        "uneven-alternatives",
        { name },
        { label: `binds ${missing.length > 0 ? "no" : "another"} \`${name}\`` },
      );
  }

  #bind(name: Ident, ty: Ty): CheckedPattern {
    if (this.#bound.has(name.name)) {
      this.#report(name.span, "duplicate-name", { name: name.name }, { label: "bound twice in one pattern" });
    }
    const shared = this.#shared?.get(name.name);
    if (shared !== undefined && !couldUnify(shared.ty, ty)) {
      this.#report(
        name.span,
        "different-types",
        { types: [show(shared.ty), show(ty)] },
        { label: `${showA(ty)} here` },
      );
    }
    if (shared !== undefined) unify(shared.ty, ty, this.#r.closing);
    const slot = shared ?? bindVariable(this.#r, name.name, ty, name.span);
    this.#bound.set(name.name, slot);
    return { shape: anyShape, emit: () => ({ kind: "bind", local: localOf(slot) }) };
  }

  #literal(tree: Of<"literal">, at: Ty): CheckedPattern {
    const { value } = tree;
    if (value.kind === "nil" && (at.kind === "option" || at.kind === "Nil")) {
      if (at.kind === "Nil") return { shape: { kind: "is", what: 0, parts: [] }, emit: () => ({ kind: "any" }) };
      return { shape: { kind: "is", what: 0, parts: [] }, emit: () => ({ kind: "const", value: null, of: close(at) }) };
    }
    const given = infer(this.#r, value, at);
    if (at.kind === "Any")
      return {
        shape: literalShape(value),
        emit: () => ({ kind: "const", value: anyConstant(given.emit()), of: { kind: "Any" } }),
      };
    const checked = accept(this.#r, given, at, { what: "what is matched" });
    return {
      shape:
        at.kind === "Bool" && value.kind === "bool"
          ? { kind: "is", what: value.value ? 1 : 0, parts: [] }
          : literalShape(value),
      emit: () => {
        const made = checked.emit();
        if (made.kind !== "const") throw new Defect("A literal pattern is no constant");
        return { kind: "const", value: made.value, of: made.type };
      },
    };
  }

  #tuple(tree: Of<"tuple">, at: Ty): CheckedPattern {
    if (at.kind === "open") {
      unify(at, { kind: "tuple", items: tree.items.map(() => ANY) }, this.#r.closing);
    }
    const whole = resolve(at);
    if (whole.kind !== "tuple" || whole.items.length !== tree.items.length) {
      return this.#mismatch(tree, at, `a tuple of ${tree.items.length}`);
    }
    const items = tree.items.map((item, i) => this.check(item, whole.items[i] ?? ANY, false));
    return {
      shape: { kind: "is", what: 0, parts: items.map((i) => i.shape) },
      emit: () => ({ kind: "tuple", items: items.map((i) => i.emit()) }),
    };
  }

  #mismatch(tree: PatternTree, at: Ty, what: string): CheckedPattern {
    if (!isWrong(at)) {
      this.#report(
        tree.span,
        "wrong-pattern",
        { found: show(at) },
        { label: `${what}; what is matched is ${showA(at)}` },
      );
    }
    return this.#bindAll(tree);
  }

  #path(tree: Of<"path">, at: Ty, top: boolean): CheckedPattern {
    const last = tree.path.at(-1);
    if (last === undefined) return wildcard;
    if (tree.path.length === 1) {
      if (at.kind === "option" && last.name === "some" && tree.args !== null) return this.#someOf(tree, at.some);
      if (at.kind === "result" && tree.args !== null) return this.#resultCase(tree, at, last);
    }
    if (at.kind === "variant" || at.kind === "enum") return this.#case(tree, at, last, top);
    if (at.kind === "record" && tree.args !== null) return this.#record(tree, at, last);
    if (tree.path.length === 1 && tree.args === null && !top) return this.#bind(last, at);
    return this.#noCase(tree, at, last);
  }

  #noCase(tree: Of<"path">, at: Ty, last: Ident): CheckedPattern {
    const hint =
      tree.args === null && tree.path.length === 1
        ? `To take any value, write \`_\`; the value is what \`match\` was given`
        : undefined;
    this.#report(
      tree.span,
      "unknown-case",
      { name: last.name, of: show(at) },
      { label: `${showA(at)} has no cases`, hint },
    );
    return this.#bindAll(tree);
  }

  #someOf(tree: Of<"path">, some: Ty): CheckedPattern {
    const inner = this.#only(tree, some);
    return {
      shape: { kind: "is", what: 1, parts: [inner.shape] },
      emit: () => ({ kind: "some", boxed: isNullable(close(some)), inner: inner.emit() }),
    };
  }

  /** The one pattern in the parentheses. */
  #only(tree: Of<"path">, ty: Ty): CheckedPattern {
    const [arg, more] = tree.args ?? [];
    if (arg !== undefined && more === undefined) return this.check(arg.pattern, ty, false);
    this.#report(tree.span, "wrong-arity", { want: "1", got: tree.args?.length ?? 0 }, { label: "holds one value" });
    tree.args?.forEach((a) => this.#bindAll(a.pattern));
    return wildcard;
  }

  #resultCase(tree: Of<"path">, at: Extract<Ty, { kind: "result" }>, last: Ident): CheckedPattern {
    if (last.name !== "ok" && last.name !== "err") return this.#noCase(tree, at, last);
    const index = last.name === "ok" ? 0 : 1;
    const payload = at[last.name];
    const inner = tree.args?.length === 0 ? wildcard : this.#only(tree, payload);
    return {
      shape: { kind: "is", what: index, parts: [inner.shape] },
      emit: () => ({ kind: "case", index, payload: inner.emit() }),
    };
  }

  #case(tree: Of<"path">, at: VariantType | EnumType, last: Ident, top: boolean): CheckedPattern {
    const index = casesOf(at).indexOf(last.name);
    const bare = tree.path.length === 1;
    if (index < 0) {
      if (bare && !top && tree.args === null) return this.#bind(last, at);
      this.failed = true;
      unknownCase(this.#r, last, at);
      return this.#bindAll(tree);
    }
    if (!bare) this.#checkOwner(tree, at);
    if (at.kind === "enum") return this.#plain(tree, index, () => ({ kind: "const", value: index, of: at }));
    const payload = at.cases[index]?.payload ?? null;
    if (payload === null) return this.#plain(tree, index, () => ({ kind: "case", index, payload: null }));
    if (tree.args === null)
      return {
        shape: { kind: "is", what: index, parts: [anyShape] },
        emit: () => ({ kind: "case", index, payload: null }),
      };
    const inner = this.#payload(tree, payload);
    return {
      shape: { kind: "is", what: index, parts: [inner.shape] },
      emit: () => ({ kind: "case", index, payload: inner.emit() }),
    };
  }

  #plain(tree: Of<"path">, index: number, emit: () => Pattern): CheckedPattern {
    if (tree.args !== null) {
      const name = tree.path.at(-1)?.name ?? "";
      this.#report(tree.span, "no-payload", { name }, { label: "holds nothing", hint: `Write \`${name}\`` });
    }
    return { shape: { kind: "is", what: index, parts: [] }, emit };
  }

  /** Several patterns take a tuple apart. */
  #payload(tree: Of<"path">, payload: Ty): CheckedPattern {
    const args = tree.args ?? [];
    if (args.length === 1 || payload.kind !== "tuple") return this.#only(tree, payload);
    return this.check({ kind: "tuple", items: args.map((a) => a.pattern), span: tree.span }, payload, false);
  }

  /** `Shape.circle` must be of the very type that is matched. */
  #checkOwner(tree: Of<"path">, at: VariantType | EnumType): void {
    const [head, ...rest] = tree.path.slice(0, -1);
    if (head === undefined) return;
    const path = rest.reduce<Tree>((object, name) => ({ kind: "member", object, name, span: name.span }), {
      kind: "name",
      name: head.name,
      span: head.span,
    });
    const owner = resolvePath(this.#r, path);
    if (owner === null) this.#unknownOwner(head);
    else if (owner.kind === "type" && owner.type.id !== at.id)
      this.#mismatch(tree, at, `a case of \`${owner.type.name}\``);
  }

  #unknownOwner(head: Ident): void {
    const near = nearest(head.name, [...this.#r.file.declared.keys(), ...this.#r.file.required.keys()]);
    this.#report(
      head.span,
      "unknown-type",
      { name: head.name },
      { label: "no type has this name here", hint: near === undefined ? undefined : `Did you mean \`${near}\`?` },
    );
  }

  #record(tree: Of<"path">, at: RecordType, last: Ident): CheckedPattern {
    const entity = tree.path.length === 1 ? findEntity(this.#r, last.name) : null;
    const isOther =
      entity === null
        ? tree.path.length === 1 && last.name !== at.name
        : entity.kind !== "type" || entity.type.id !== at.id;
    if (isOther) return this.#mismatch(tree, at, `\`${last.name}\``);
    const parts: Shape[] = at.fields.map(() => anyShape);
    const fields = (tree.args ?? []).flatMap((arg, i): { index: number; pattern: CheckedPattern }[] => {
      const index = arg.name === null ? i : at.fields.findIndex((f) => f.name === arg.name?.name);
      const field = at.fields[index];
      if (field === undefined) return this.#noField(tree, at, arg.name);
      const pattern = this.check(arg.pattern, field.type, false);
      parts[index] = pattern.shape;
      return [{ index, pattern }];
    });
    return {
      shape: { kind: "is", what: 0, parts },
      emit: () => ({
        kind: "record",
        fields: fields.map(({ index, pattern }) => ({ index, pattern: pattern.emit() })),
      }),
    };
  }

  #noField(tree: Of<"path">, at: RecordType, name: Ident | null): never[] {
    const near =
      name === null
        ? undefined
        : nearest(
            name.name,
            at.fields.map((f) => f.name),
          );
    this.#report(
      name?.span ?? tree.span,
      "unknown-field",
      { name: name?.name ?? "…", of: at.name },
      {
        label: `it has ${at.fields.map((f) => `\`${f.name}\``).join(", ")}`,
        hint: near === undefined ? undefined : `Did you mean \`${near}\`?`,
      },
    );
    return [];
  }
}

function literalShape(tree: Tree): Shape {
  const text = "value" in tree ? `${tree.kind} ${String(tree.value)}` : tree.kind;
  return { kind: "is", what: text, parts: [] };
}

/** A constant as an Any holds it. */
function anyConstant(expr: Expr): Value {
  if (expr.kind !== "const") throw new Defect("A literal pattern is no constant");
  return expr.type.kind === "Float" && typeof expr.value === "number" ? new AnyFloat(expr.value) : expr.value;
}
