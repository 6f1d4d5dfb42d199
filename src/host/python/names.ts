/**
 * Which Python name stands for which WIT name, by componentize-py's conventions.
 *
 *   N1  Only validated WIT identifiers become Python text, so that text needs no escaping: `identifier` refuses others.
 *   N2  An interface goes by its short name unless two interfaces of the world share it; then by namespace, package and name
 *       (and version, when even that is shared).
 *   N3  A type lives where its interface is imported; a copy of it that holds a resource the plugin exports lives in `exports`.
 */
import type { Resource, TypeName, WitType, World } from "../../wit/types.ts";
import { Defect } from "../../fault.ts";

const KEYWORDS = new Set(
  `False None True and as assert async await break class continue def del elif else except finally for from global if
  import in is lambda nonlocal not or pass raise return try while with yield`.split(/\s+/),
);

/** `snake_case`, with `_` after a Python keyword. */
export function snake(name: string): string {
  const text = words(name).join("_");
  return KEYWORDS.has(text) ? `${text}_` : text;
}

/** `UpperCamelCase`. */
export function camel(name: string): string {
  const text = words(name)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
  return KEYWORDS.has(text) ? `${text}_` : text;
}

/** `SHOUTY_SNAKE_CASE`. */
export function shouty(name: string): string {
  return words(name).join("_").toUpperCase();
}

function words(name: string): string[] {
  return identifier(name).toLowerCase().split("-");
}

/** Gives back a WIT identifier, and refuses anything else (N1). */
export function identifier(name: string): string {
  if (!/^[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$/.test(name))
    throw new Defect(`${JSON.stringify(name)} is no WIT identifier`);
  return name;
}

/** The bare name of a resource's function: `inc` of `[method]counter.inc`. */
export function memberName(name: string): string {
  return name.slice(name.indexOf(".") + 1);
}

export type Side = "imports" | "exports";

/** A Python class: `wit_world.imports.geometry` and `Point`, say. */
export interface ClassPlace {
  readonly module: string;
  readonly name: string;
}

/** The names of one world. */
export class Names {
  readonly #world: World;
  readonly #modules = new Map<string, string>();
  readonly #exported = new Set<Resource>();

  constructor(world: World) {
    this.#world = world;
    for (const iface of world.exports.interfaces.values()) {
      for (const type of iface.types.values()) {
        const imported = type.kind === "resource" && this.#importedResource(type);
        if (type.kind === "resource" && !imported) this.#exported.add(type);
      }
    }
    this.#nameInterfaces();
  }

  #importedResource(resource: Resource): boolean {
    const owner = resource.name.interface;
    const types = owner === null ? this.#world.imports.types : this.#world.imports.interfaces.get(owner)?.types;
    return types?.get(resource.name.name) === resource;
  }

  #nameInterfaces(): void {
    const ids = [...new Set([...this.#world.imports.interfaces.keys(), ...this.#world.exports.interfaces.keys()])];
    const forms = [shortName, packagedName, versionedName];
    for (const id of ids) {
      const form = forms.find((one) => ids.filter((other) => one(other) === one(id)).length === 1);
      this.#modules.set(id, (form ?? versionedName)(id));
    }
  }

  /** `geometry`, or `acme_shapes_geometry` (N2). */
  module(interfaceId: string): string {
    const name = this.#modules.get(interfaceId);
    if (name === undefined) throw new Defect(`the world has no interface ${interfaceId}`);
    return name;
  }

  isExported(resource: Resource): boolean {
    return this.#exported.has(resource);
  }

  /** Where the class of a named type or resource is (N3). */
  place(type: (WitType & { readonly name: TypeName | null }) | Resource): ClassPlace {
    const name = type.name;
    if (name === null) throw new Defect("a WIT type without a name");
    if (name.interface === null) return { module: "wit_world", name: camel(name.name) };
    const side = this.sideOf(name.interface, type);
    return { module: `wit_world.${side}.${this.module(name.interface)}`, name: camel(name.name) };
  }

  sideOf(interfaceId: string, type: WitType | Resource): Side {
    return this.#world.imports.interfaces.has(interfaceId) && !this.#holdsExported(type) ? "imports" : "exports";
  }

  #holdsExported(type: WitType | Resource): boolean {
    if (type.kind === "resource") return this.#exported.has(type);
    if (type.kind === "own" || type.kind === "borrow") return this.#exported.has(type.resource);
    return parts(type).some((part) => this.#holdsExported(part));
  }
}

/** The types that a type is made of, one level down. */
export function parts(type: WitType): readonly WitType[] {
  switch (type.kind) {
    case "list":
      return [type.element];
    case "map":
      return [type.key, type.value];
    case "tuple":
      return type.items;
    case "option":
      return [type.some];
    case "result":
      return [type.ok, type.err].filter((part) => part !== null);
    case "record":
      return type.fields.map((field) => field.type);
    case "variant":
      return type.cases.map((one) => one.type).filter((part) => part !== null);
    case "stream":
    case "future":
      return type.element === null ? [] : [type.element];
    default:
      return [];
  }
}

function split(id: string): { readonly path: readonly string[]; readonly version: string } {
  const [path = "", version = ""] = id.split("@");
  return { path: path.split(/[:/]/), version };
}

function shortName(id: string): string {
  return snake(split(id).path.at(-1) ?? "");
}

function packagedName(id: string): string {
  return split(id).path.map(snake).join("_");
}

function versionedName(id: string): string {
  const version = split(id).version.replaceAll(/[^0-9A-Za-z]/g, "_");
  return version === "" ? packagedName(id) : `${packagedName(id)}_${version}`;
}
