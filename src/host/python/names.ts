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
import { partsOf } from "../../wit/parts.ts";
import { exportedResources } from "../world.ts";

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
  readonly #exported: ReadonlySet<Resource>;

  constructor(world: World) {
    this.#world = world;
    this.#exported = exportedResources(world);
    this.#nameInterfaces();
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
    return partsOf(type).some((part) => this.#holdsExported(part));
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
