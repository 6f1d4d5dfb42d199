/**
 * WIT as text, for messages and for `sennit plugin inspect`. A named type is printed by its name and declared where
 * it stands; the result reads like WIT but is not promised to be parsed again.
 */
import type { Resource, TypeName, WitFunction, WitInterface, WitType, World, WorldSide } from "./types.ts";

/** A type as it is used: by its name when it has one, else written out. */
export function formatType(type: WitType): string {
  const name = nameOf(type);
  return name === null ? formatStructure(type) : name.name;
}

function nameOf(type: WitType): TypeName | null {
  switch (type.kind) {
    case "record":
    case "variant":
    case "enum":
    case "flags":
      return type.name;
    default:
      return type.alias ?? null;
  }
}

/** A type written out, its parts by name. */
function formatStructure(type: WitType): string {
  switch (type.kind) {
    case "list":
      return `list<${formatType(type.element)}${type.length === undefined ? "" : `, ${type.length}`}>`;
    case "map":
      return `map<${formatType(type.key)}, ${formatType(type.value)}>`;
    case "tuple":
      return `tuple<${type.items.map(formatType).join(", ")}>`;
    case "option":
      return `option<${formatType(type.some)}>`;
    case "result":
      return formatResult(type.ok, type.err);
    case "record":
      return `record { ${type.fields.map((f) => `${escape(f.name)}: ${formatType(f.type)}`).join(", ")} }`;
    case "variant":
      return `variant { ${type.cases.map((c) => formatCase(c.name, c.type)).join(", ")} }`;
    case "enum":
      return `enum { ${type.cases.map(escape).join(", ")} }`;
    case "flags":
      return `flags { ${type.labels.map(escape).join(", ")} }`;
    case "own":
      return type.resource.name.name;
    case "borrow":
      return `borrow<${type.resource.name.name}>`;
    case "stream":
    case "future":
      return type.element === null ? type.kind : `${type.kind}<${formatType(type.element)}>`;
    default:
      return type.kind;
  }
}

function formatCase(name: string, type: WitType | null): string {
  return type === null ? escape(name) : `${escape(name)}(${formatType(type)})`;
}

function formatResult(ok: WitType | null, err: WitType | null): string {
  if (err !== null) return `result<${ok === null ? "_" : formatType(ok)}, ${formatType(err)}>`;
  return ok === null ? "result" : `result<${formatType(ok)}>`;
}

/** A function with its name: `mean: func(xs: list<f64>) -> f64`, or inside its resource `constructor(start: u64)`. */
export function formatFunction(fn: WitFunction): string {
  if (fn.shape === "constructor") return `constructor(${formatParams(fn)})${constructorResult(fn)}`;
  const modifiers = `${fn.shape === "static" ? "static " : ""}${fn.async ? "async " : ""}`;
  const result = fn.result === null ? "" : ` -> ${formatType(fn.result)}`;
  return `${escape(bareName(fn))}: ${modifiers}func(${formatParams(fn)})${result}`;
}

/** The plain name of a function: `inc` of `[method]counter.inc`. */
export function bareName(fn: WitFunction): string {
  return fn.name.slice(fn.name.indexOf("]") + 1).replace(/^.*\./, "");
}

function formatParams(fn: WitFunction): string {
  const params = fn.shape === "method" ? fn.params.slice(1) : fn.params;
  return params.map((param) => `${escape(param.name)}: ${formatType(param.type)}`).join(", ");
}

/** Constructors that can fail say so; those that cannot leave their result out. */
function constructorResult({ result }: WitFunction): string {
  return result?.kind === "result" ? ` -> ${formatType(result)}` : "";
}

/** Both sides of a world, interfaces written out. */
export function formatWorld(world: World): string {
  const lines = ["world {", ...formatSide(world.imports, "import"), ...formatSide(world.exports, "export"), "}"];
  return `${lines.join("\n")}\n`;
}

function formatSide(side: WorldSide, role: "import" | "export"): string[] {
  const owned = { id: null, types: side.types, functions: side.functions };
  const lines = formatMembers(owned, `${role} `);
  for (const iface of side.interfaces.values()) {
    lines.push(`${role} ${iface.id} {`, ...indent(formatMembers(iface, "")), "}");
  }
  return indent(lines);
}

type Members = Omit<WitInterface, "id"> & { readonly id: string | null };

function formatMembers(members: Members, role: string): string[] {
  const lines: string[] = [];
  for (const [name, type] of members.types) {
    if (type.kind === "resource") lines.push(...formatResource(name, type, members));
    else lines.push(formatDeclaration(name, type, members.id));
  }
  for (const fn of members.functions.values()) {
    if (fn.resource === null) lines.push(`${role}${formatFunction(fn)};`);
  }
  return lines;
}

function formatResource(name: string, resource: Resource, members: Members): string[] {
  const used = foreignName(resource.name, name, members.id);
  if (used !== null) return [used];
  const own = [...members.functions.values()].filter((fn) => fn.resource === resource);
  if (own.length === 0) return [`resource ${escape(name)};`];
  return [`resource ${escape(name)} {`, ...indent(own.map((fn) => `${formatFunction(fn)};`)), "}"];
}

/** `use acme:shapes/geometry.{point};` for a type that was declared in another interface. */
function foreignName(declared: TypeName | null, name: string, home: string | null): string | null {
  if (declared === null || declared.interface === null || declared.interface === home) return null;
  const renamed = declared.name === name ? "" : ` as ${escape(name)}`;
  return `use ${declared.interface}.{${escape(declared.name)}${renamed}};`;
}

function formatDeclaration(name: string, type: WitType, home: string | null): string {
  const own = nameOf(type);
  const used = foreignName(own, name, home);
  if (used !== null) return used;
  if (own !== null && own.name !== name) return `type ${escape(name)} = ${own.name};`;
  const structure = formatStructure(type);
  const declares = type.kind === "record" || type.kind === "variant" || type.kind === "enum" || type.kind === "flags";
  if (!declares) return `type ${escape(name)} = ${structure};`;
  return structure.replace(type.kind, `${type.kind} ${escape(name)}`);
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

const KEYWORDS: ReadonlySet<string> = new Set(
  `as async bool borrow char constructor enum error-context export f32 f64 flags from func future import include
  interface list map option own package record resource result s16 s32 s64 s8 static stream string tuple type u16 u32
  u64 u8 use variant with world`.split(/\s+/),
);

/** A name as WIT writes it: `%` before one that would read as a keyword. */
function escape(name: string): string {
  return KEYWORDS.has(name) ? `%${name}` : name;
}
