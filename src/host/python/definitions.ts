/**
 * What the generated conversions of one world share: its classes under short names, and each named type converted by one
 * function, however often it is used.
 */
import type { Resource, WitType } from "../../wit/types.ts";
import type { Names } from "./names.ts";

export type ClassType = WitType & { readonly kind: "record" | "variant" | "enum" | "flags" };

export class Definitions {
  /** Python statements, each after those it refers to. */
  readonly lines: string[] = [];
  /** The resources that the plugin defines, with the variable of each one's class. */
  readonly resources: Map<Resource, string> = new Map();
  readonly names: Names;
  readonly #known = new Map<string, string>();
  #variables = 0;

  constructor(names: Names) {
    this.names = names;
  }

  /** A variable that nothing else is called. */
  variable(): string {
    this.#variables += 1;
    return `t${this.#variables}`;
  }

  /** A variable of its own for a class, since a global is found faster than an attribute of an attribute. */
  classOf(type: ClassType): string {
    const place = this.names.place(type);
    return this.#global(`${place.module}.${place.name}`);
  }

  /** The class of one case of a variant. */
  caseOf(type: ClassType, name: string): string {
    const place = this.names.place(type);
    return this.#global(`${place.module}.${place.name}_${name}`);
  }

  #global(path: string): string {
    return this.#define(`class ${path}`, `c_${path.replaceAll(".", "_")}`, (name) => `${name} = ${path}\n`);
  }

  /** Defines something once for each type: `role` tells definitions of one type apart. */
  once(type: WitType, role: string, define: (name: string) => string): string {
    return this.#define(`${role} ${this.#identity(type)}`, `${role}_${this.#known.size}`, define);
  }

  #define(key: string, name: string, define: (name: string) => string): string {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, name);
    this.lines.push(define(name));
    return name;
  }

  #identity(type: WitType): string {
    if ("name" in type && type.name !== null) {
      const place = this.names.place(type);
      return `${place.module}.${place.name}`;
    }
    if (type.kind === "own" || type.kind === "borrow") return `${type.kind} ${this.resourceClass(type.resource)}`;
    switch (type.kind) {
      case "list":
        return `list(${this.#identity(type.element)})${type.length ?? ""}`;
      case "map":
        return `map(${this.#identity(type.key)},${this.#identity(type.value)})`;
      case "tuple":
        return `tuple(${type.items.map((item) => this.#identity(item)).join()})`;
      case "option":
        return `option(${this.#identity(type.some)})`;
      case "result":
        return `result(${[type.ok, type.err].map((part) => (part === null ? "_" : this.#identity(part))).join()})`;
      default:
        return type.kind;
    }
  }

  /** The expression for a resource's class; one that the plugin defines is a variable, listed in `resources`. */
  resourceClass(resource: Resource): string {
    if (!this.names.isExported(resource)) {
      const place = this.names.place(resource);
      return `${place.module}.${place.name}`;
    }
    const known = this.resources.get(resource);
    if (known !== undefined) return known;
    const variable = `R_${this.resources.size}`;
    this.resources.set(resource, variable);
    return variable;
  }
}
