/**
 * Writes the Python expressions that lift and lower values of a WIT type, and the definitions they need.
 *
 *   G1  Lift code checks nothing: what it reads was checked and written by the host.
 *   G2  Lower code checks everything.
 *   G3  A named type is converted by one function, however often it is used.
 */
import type { Resource, WitType } from "../../wit/types.ts";
import { isNullable } from "../../wit/value.ts";
import { isNumberList } from "./codec.ts";
import { type Names, camel, snake } from "./names.ts";

export class Conversions {
  /** Python statements, each after those it refers to. */
  readonly definitions: string[] = [];
  /** The resources that the plugin defines, with the variable of each one's class. */
  readonly resources: Map<Resource, string> = new Map();
  readonly #names: Names;
  readonly #converters = new Map<string, string>();

  constructor(names: Names) {
    this.#names = names;
  }

  /** An expression that makes the Python value from the marshal value `x`. */
  lift(type: WitType, x: string): string {
    if (isPlain(type)) return x;
    switch (type.kind) {
      case "list":
        return isNumberList(type.element)
          ? `lift_${type.element.kind}s(${x})`
          : `[${this.lift(type.element, "y")} for y in ${x}]`;
      case "map":
        return `{${this.lift(type.key, "k")}: ${this.lift(type.value, "v")} for k, v in ${x}}`;
      case "flags":
        return `${this.#class(type)}(${x})`;
      case "enum":
        return `${this.#liftEnum(type)}[${x}]`;
      case "own":
      case "borrow":
        return this.#liftHandle(type, x);
      default:
        return `${this.#converter(type, "l", (inner) => this.#liftBody(inner))}(${x})`;
    }
  }

  #liftEnum(type: WitType & { readonly kind: "enum" }): string {
    return this.#once(type, "n", (name) => `${name} = tuple(${this.#class(type)})\n`);
  }

  #liftHandle(type: WitType & { readonly kind: "own" | "borrow" }, x: string): string {
    if (this.#names.isExported(type.resource)) return type.kind === "own" ? `give_back(${x})` : `held(${x})`;
    return `${type.kind === "own" ? "adopt" : "borrow"}(${this.resourceClass(type.resource)}, ${x})`;
  }

  #liftBody(type: WitType): string {
    switch (type.kind) {
      case "tuple":
        return `    return (${type.items.map((item, i) => `${this.lift(item, `x[${i}]`)}, `).join("")})`;
      case "option":
        return isNullable(type.some)
          ? `    return None if x is None else Some(${this.lift(type.some, "x[0]")})`
          : `    return None if x is None else ${this.lift(type.some, "x")}`;
      case "result":
        return `    return Err(${this.#liftOrNone(type.err, "x[1]")}) if x[0] else Ok(${this.#liftOrNone(type.ok, "x[1]")})`;
      case "record":
        return `    return ${this.#class(type)}(${type.fields.map((f, i) => this.lift(f.type, `x[${i}]`)).join(", ")})`;
      case "variant": {
        const cases = type.cases.map((one, i) => {
          const payload = one.type === null ? "" : this.lift(one.type, "x[1]");
          return `    if i == ${i}: return ${this.#class(type)}_${camel(one.name)}(${payload})`;
        });
        return `    i = x[0]\n${cases.join("\n")}`;
      }
      default:
        return "    return x";
    }
  }

  #liftOrNone(type: WitType | null, x: string): string {
    return type === null ? "None" : this.lift(type, x);
  }

  /** An expression that checks the Python value `x` and makes the marshal value. */
  lower(type: WitType, x: string): string {
    switch (type.kind) {
      case "bool":
        return `bool_(${x})`;
      case "list":
        return this.#lowerList(type, x);
      case "map":
        return `[(${this.lower(type.key, "k")}, ${this.lower(type.value, "v")}) for k, v in exact(${x}, dict, "dict").items()]`;
      case "enum":
        return `exact(${x}, ${this.#class(type)}, "${camel(type.name?.name ?? "enum")}").value`;
      case "flags":
        return `flags(${x}, ${this.#class(type)}, "${camel(type.name?.name ?? "flags")}", ${type.labels.length})`;
      case "own":
        return `${this.#names.isExported(type.resource) ? "keep" : "hand_over"}(${x}, ${this.resourceClass(type.resource)})`;
      case "borrow":
        return `lend(${x}, ${this.resourceClass(type.resource)})`;
      case "tuple":
      case "option":
      case "result":
      case "record":
      case "variant":
        return `${this.#converter(type, "w", (inner) => this.#lowerBody(inner))}(${x})`;
      default:
        return `${type.kind}(${x})`;
    }
  }

  #lowerList(type: WitType & { readonly kind: "list" }, x: string): string {
    const { element, length } = type;
    const bytes = element.kind === "u8" || element.kind === "s8";
    if (bytes) return length === undefined ? `bytes_(${x})` : `sized(bytes_(${x}), ${length}, "bytes")`;
    const checked = length === undefined ? x : `sized(exact(${x}, list, "list"), ${length}, "list")`;
    if (isNumberList(element)) return `lower_${element.kind}s(${checked})`;
    return `[${this.lower(element, "y")} for y in exact(${checked}, list, "list")]`;
  }

  #lowerBody(type: WitType): string {
    switch (type.kind) {
      case "tuple":
        return `    sized(exact(x, tuple, "tuple"), ${type.items.length}, "tuple")
    return (${type.items.map((item, i) => `${this.lower(item, `x[${i}]`)}, `).join("")})`;
      case "option":
        return isNullable(type.some)
          ? `    return None if x is None else (${this.lower(type.some, `exact(x, Some, "Some or None").value`)},)`
          : `    return None if x is None else ${this.lower(type.some, "x")}`;
      case "result":
        return `    if type(x) is Ok: return (0, ${this.#lowerOrNone(type.ok, "x.value")})
    if type(x) is Err: return (1, ${this.#lowerOrNone(type.err, "x.value")})
    raise mismatch(x, "Ok or Err")`;
      case "record": {
        const name = this.#class(type);
        const fields = type.fields.map((f) => `${this.lower(f.type, `x.${snake(f.name)}`)}, `).join("");
        return `    if not isinstance(x, ${name}): raise mismatch(x, "${camel(type.name?.name ?? "record")}")\n    return (${fields})`;
      }
      case "variant": {
        const name = this.#class(type);
        const cases = type.cases.map((one, i) => {
          const payload = one.type === null ? "None" : this.lower(one.type, "x.value");
          return `    if k is ${name}_${camel(one.name)}: return (${i}, ${payload})`;
        });
        return `    k = type(x)\n${cases.join("\n")}\n    raise mismatch(x, "a case of ${camel(type.name?.name ?? "variant")}")`;
      }
      default:
        return "    return x";
    }
  }

  #lowerOrNone(type: WitType | null, x: string): string {
    return type === null ? `nothing(${x})` : this.lower(type, x);
  }

  #class(type: WitType & { readonly kind: "record" | "variant" | "enum" | "flags" }): string {
    const place = this.#names.place(type);
    return this.#global(`${place.module}.${place.name}`, type.kind === "variant");
  }

  /** A variable of its own for a class, since a global is found faster than an attribute of an attribute. */
  #global(path: string, prefix: boolean): string {
    const variable = path.replaceAll(".", "_");
    if (!prefix && !this.#converters.has(path)) {
      this.#converters.set(path, variable);
      this.definitions.push(`${variable} = ${path}\n`);
    }
    return prefix ? path : variable;
  }

  #converter(type: WitType, letter: string, body: (type: WitType) => string): string {
    return this.#once(type, letter, (name) => `def ${name}(x):\n${body(type)}\n`);
  }

  /** Defines something once for each type, after what it refers to (G3). */
  #once(type: WitType, letter: string, define: (name: string) => string): string {
    const key = `${letter} ${this.#identity(type)}`;
    const known = this.#converters.get(key);
    if (known !== undefined) return known;
    const name = `${letter}_${this.#converters.size}`;
    this.#converters.set(key, name);
    this.definitions.push(define(name));
    return name;
  }

  #identity(type: WitType): string {
    if ("name" in type && type.name !== null) {
      const place = this.#names.place(type);
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
    if (!this.#names.isExported(resource)) {
      const place = this.#names.place(resource);
      return `${place.module}.${place.name}`;
    }
    const known = this.resources.get(resource);
    if (known !== undefined) return known;
    const variable = `R_${this.resources.size}`;
    this.resources.set(resource, variable);
    return variable;
  }
}

/** True when the marshal value is already the Python value. */
function isPlain(type: WitType): boolean {
  switch (type.kind) {
    case "list":
      return isNumberList(type.element)
        ? type.element.kind === "u8" || type.element.kind === "s8"
        : isPlain(type.element);
    case "tuple":
      return type.items.every(isPlain);
    case "option":
      return !isNullable(type.some) && isPlain(type.some);
    case "map":
    case "result":
    case "record":
    case "variant":
    case "enum":
    case "flags":
    case "own":
    case "borrow":
      return false;
    default:
      return true;
  }
}
