/**
 * Writes the Python expressions that make marshal values of Python values.
 *
 *   L1  Everything is checked once. `marshal` tells every plain type from every other, and the host checks what comes; so of
 *       a result only that is checked here which `marshal` would not tell apart: the classes, and `bytes`.
 *   L2  The arguments of an import (`strict`) are checked here altogether: a wrong one is an exception of the plugin's own
 *       line, which it may catch.
 */
import type { WitType } from "../../wit/types.ts";
import { isNullable } from "../../wit/value.ts";
import type { ClassType, Definitions } from "./definitions.ts";
import { camel, snake } from "./names.ts";
import { isBytes, isNumberList } from "./number-lists.ts";
import { isWholly } from "./plain.ts";

export class Lowering {
  readonly #shared: Definitions;
  readonly #strict: boolean;

  constructor(shared: Definitions, strict: boolean) {
    this.#shared = shared;
    this.#strict = strict;
  }

  /** An expression that checks the result `x`, a variable, and makes the marshal value. A plain one is checked where it is named. */
  result(type: WitType, x: string): string {
    switch (type.kind) {
      case "f32":
      case "f64":
        return `${x} if type(${x}) is float else ${type.kind}(${x})`;
      case "string":
        return `${x} if type(${x}) is str else string(${x})`;
      case "u8":
      case "u16":
      case "u32":
        return `${x} if type(${x}) is int and 0 <= ${x} < ${2 ** Number(type.kind.slice(1))} else ${type.kind}(${x})`;
      case "bool":
      case "char":
      case "s8":
      case "s16":
      case "s32":
      case "s64":
      case "u64":
        return this.#checked(type.kind, x);
      default:
        return this.lower(type, x);
    }
  }

  /** An expression that makes the marshal value of `x`. */
  lower(type: WitType, x: string): string {
    if (!this.#strict && isPlain(type)) return x;
    switch (type.kind) {
      case "list":
        return this.#list(type, x);
      case "map": {
        const [k, v] = [this.#shared.variable(), this.#shared.variable()];
        return `[(${this.lower(type.key, k)}, ${this.lower(type.value, v)}) for ${k}, ${v} in exact(${x}, dict, "dict").items()]`;
      }
      case "enum":
        return `exact(${x}, ${this.#shared.classOf(type)}, "${shown(type)}")._value_`;
      case "flags":
        return `flags(${x}, ${this.#shared.classOf(type)}, "${shown(type)}", ${type.labels.length})`;
      case "own": {
        const keeps = this.#shared.names.isExported(type.resource);
        return `${keeps ? "keep" : "hand_over"}(${x}, ${this.#shared.resourceClass(type.resource)})`;
      }
      case "borrow":
        return `lend(${x}, ${this.#shared.resourceClass(type.resource)})`;
      case "tuple":
      case "option":
      case "result":
      case "record":
      case "variant":
        return `${this.#converter(type)}(${x})`;
      default:
        return this.#checked(type.kind, x);
    }
  }

  #checked(kind: WitType["kind"], x: string): string {
    return `${kind === "bool" ? "bool_" : kind}(${x})`;
  }

  #list({ element, length }: WitType & { readonly kind: "list" }, x: string): string {
    if (isBytes(element)) return length === undefined ? `bytes_(${x})` : `sized(bytes_(${x}), ${length}, "bytes")`;
    const list =
      length === undefined ? `exact(${x}, list, "list")` : `sized(exact(${x}, list, "list"), ${length}, "list")`;
    if (isNumberList(element)) return `${element.kind}s(${list})`;
    const y = this.#shared.variable();
    return `[${this.#item(element, y)} for ${y} in ${list}]`;
  }

  /** An item of a list: one that is a record of plain fields needs no call. */
  #item(element: WitType, y: string): string {
    if (this.#strict || element.kind !== "record" || !element.fields.every((field) => isPlain(field.type)))
      return this.lower(element, y);
    const fields = element.fields.map((field) => `${y}.${snake(field.name)}, `).join("");
    return `(${fields}) if type(${y}) is ${this.#shared.classOf(element)} else ${this.#converter(element)}(${y})`;
  }

  #converter(type: WitType): string {
    return this.#shared.once(type, this.#strict ? "s" : "w", (name) => `def ${name}(x):\n${this.#body(type)}\n`);
  }

  #body(type: WitType): string {
    switch (type.kind) {
      case "tuple":
        return `    sized(exact(x, tuple, "tuple"), ${type.items.length}, "tuple")
    return (${type.items.map((item, i) => `${this.lower(item, `x[${i}]`)}, `).join("")})`;
      case "option":
        return isNullable(type.some)
          ? `    return None if x is None else (${this.lower(type.some, `exact(x, Some, "Some or None").value`)},)`
          : `    return None if x is None else ${this.lower(type.some, "x")}`;
      case "result":
        return `    if type(x) is Ok: return (0, ${this.orNone(type.ok, "x.value")})
    if type(x) is Err: return (1, ${this.orNone(type.err, "x.value")})
    raise mismatch(x, "Ok or Err")`;
      case "record": {
        const name = this.#shared.classOf(type);
        const fields = type.fields.map((f) => `${this.lower(f.type, `x.${snake(f.name)}`)}, `).join("");
        return `    if not isinstance(x, ${name}): raise mismatch(x, "${shown(type)}")\n    return (${fields})`;
      }
      case "variant": {
        const cases = type.cases.map((one, i) => {
          const payload = one.type === null ? "None" : this.lower(one.type, "x.value");
          return `    if k is ${this.#shared.caseOf(type, camel(one.name))}: return (${i}, ${payload})`;
        });
        return `    k = type(x)\n${cases.join("\n")}\n    raise mismatch(x, "a case of ${shown(type)}")`;
      }
      default:
        return "    return x";
    }
  }

  /** The payload of a case, which may have none. */
  orNone(type: WitType | null, x: string): string {
    return type === null ? `nothing(${x})` : this.lower(type, x);
  }
}

function shown(type: ClassType): string {
  return camel(type.name?.name ?? type.kind);
}

/** True when the Python value is the marshal value, and `marshal` and the host tell it from every other (L1). */
function isPlain(type: WitType): boolean {
  return isWholly(type, (element) => !isBytes(element));
}
