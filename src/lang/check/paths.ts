/** Dotted names: packages, interfaces, files, and what stands in them; `Shape.circle`, `counter.make` (rules 15, 24). */
import type { Expr as Tree, Ident } from "../ast.ts";
import { report } from "./context.ts";
import type { Routine } from "./context.ts";
import type { Entity } from "./entities.ts";
import { findEntity, findVariable } from "./names.ts";
import { membersOf } from "./types.ts";
import { nearest } from "../nearest.ts";
import type { EnumType, VariantType } from "../types.ts";

/** What a dotted expression names, or null when its head is a value. A mistake is reported, and gives `wrong`. */
export function resolvePath(r: Routine, tree: Tree): Entity | null {
  if (tree.kind === "name") {
    if (findVariable(r, tree.name) !== null) return null;
    const entity = findEntity(r, tree.name);
    return entity === null || isValue(entity) ? null : entity;
  }
  if (tree.kind !== "member") return null;
  const object = resolvePath(r, tree.object);
  return object === null ? null : memberOf(r, object, tree.name, nameOf(tree.object));
}

/** As written: `p.iface.f`. */
export function nameOf(tree: Tree): string {
  if (tree.kind === "name") return tree.name;
  return tree.kind === "member" ? `${nameOf(tree.object)}.${tree.name.name}` : "…";
}

function isValue(entity: Entity): boolean {
  return entity.kind === "function" || entity.kind === "foreign" || entity.kind === "prelude" || entity.kind === "case";
}

/** `of.name`. */
export function memberOf(r: Routine, of: Entity, name: Ident, ofName: string): Entity {
  switch (of.kind) {
    case "package":
    case "interface":
    case "file":
      return found(r, membersOf(of) ?? new Map(), name, ofName);
    case "type":
      if (of.type.kind === "variant" || of.type.kind === "enum") return caseOf(r, of.type, name);
      return missing(r, name, ofName, []);
    case "resource": {
      const statics = r.program.resources.get(of.type.resource)?.statics ?? new Map();
      const foreign = statics.get(name.name);
      return foreign === undefined ? missing(r, name, ofName, statics.keys()) : { kind: "foreign", foreign };
    }
    case "ambiguous":
      reportAmbiguous(r, ofName, of.offers, name.span);
      return { kind: "wrong" };
    case "wrong":
      return of;
    default:
      return missing(r, name, ofName, []);
  }
}

function found(r: Routine, members: ReadonlyMap<string, Entity>, name: Ident, ofName: string): Entity {
  return members.get(name.name) ?? missing(r, name, ofName, members.keys());
}

function missing(r: Routine, name: Ident, ofName: string, names: Iterable<string>): Entity {
  const near = nearest(name.name, names);
  report(
    r,
    name.span,
    "unknown-name",
    { name: `${ofName}.${name.name}` },
    {
      label: `\`${ofName}\` has no \`${name.name}\``,
      hint: near === undefined ? undefined : `Did you mean \`${ofName}.${near}\`?`,
    },
  );
  return { kind: "wrong" };
}

export function casesOf(type: VariantType | EnumType): readonly string[] {
  return type.kind === "enum" ? type.cases : type.cases.map((c) => c.name);
}

function caseOf(r: Routine, type: VariantType | EnumType, name: Ident): Entity {
  const index = casesOf(type).indexOf(name.name);
  if (index >= 0) return { kind: "case", type, index };
  unknownCase(r, name, type);
  return { kind: "wrong" };
}

export function unknownCase(r: Routine, name: Ident, type: VariantType | EnumType): void {
  const near = nearest(name.name, casesOf(type));
  report(
    r,
    name.span,
    "unknown-case",
    { name: name.name, of: type.name },
    {
      label: `it has ${casesOf(type)
        .map((c) => `\`${c}\``)
        .join(", ")}`,
      hint: near === undefined ? undefined : `Did you mean \`${near}\`?`,
    },
  );
}

export function reportAmbiguous(r: Routine, name: string, offers: readonly string[], span: Tree["span"]): void {
  report(
    r,
    span,
    "ambiguous-name",
    { name, offers },
    {
      label: `offered by ${offers.map((o) => `\`${o}\``).join(" and ")}`,
      hint: hintFor(name, offers),
    },
  );
}

/** Interfaces of one package are told apart by their names, packages by a name given to one of them. */
function hintFor(name: string, offers: readonly string[]): string {
  const [first = ""] = offers;
  if (!/^[\w.]+$/.test(first)) return `Require one of them under a name: \`require "…" as p;\`, then \`p.${name}\``;
  const prefix = name.includes(".") ? name.slice(0, name.lastIndexOf(".") + 1) : "";
  return `Write \`${prefix}${first}\``;
}

/** The visible variants and enums that have a case of this name (rule 15). */
export function bareCases(
  r: Routine,
  name: string,
  where: "declared" | "visible" = "visible",
): readonly Extract<Entity, { readonly kind: "case" }>[] {
  const required = where === "visible" ? r.file.required.values() : [];
  const types = [...r.file.declared.values(), ...required].flatMap((entity) =>
    entity.kind === "type" && (entity.type.kind === "variant" || entity.type.kind === "enum") ? [entity.type] : [],
  );
  return [...new Set(types)].flatMap((type) => {
    const index = casesOf(type).indexOf(name);
    return index < 0 ? [] : [{ kind: "case" as const, type, index }];
  });
}
