/**
 * Writes the Python expressions that make Python values of marshal values.
 *
 *   G1  Lift code checks nothing: what it reads was checked and written by the host.
 *   G2  No call but a class's own for each record of a list: its fields are taken apart by the loop itself.
 */
import type { WitType } from "../../wit/types.ts";
import { isNullable } from "../../wit/value.ts";
import type { Definitions } from "./definitions.ts";
import { camel } from "./names.ts";
import { isBytes, isNumberList } from "./number-lists.ts";
import { isWholly } from "./plain.ts";

/** The codes of Python's `array`. */
const ARRAY_CODES: Partial<Record<WitType["kind"], string>> = {
  s16: "h",
  u16: "H",
  s32: "i",
  u32: "I",
  s64: "q",
  u64: "Q",
  f32: "f",
  f64: "d",
};

export class Lifting {
  readonly #shared: Definitions;

  constructor(shared: Definitions) {
    this.#shared = shared;
  }

  /** An expression that makes the Python value from the marshal value `x`. */
  lift(type: WitType, x: string): string {
    if (isPlain(type)) return x;
    switch (type.kind) {
      case "list":
        return isNumberList(type.element)
          ? `array("${ARRAY_CODES[type.element.kind]}", ${x}).tolist()`
          : this.#liftItems(type.element, x);
      case "map": {
        const [k, v] = [this.#shared.variable(), this.#shared.variable()];
        return `{${this.lift(type.key, k)}: ${this.lift(type.value, v)} for ${k}, ${v} in ${x}}`;
      }
      case "flags":
        return `${this.#shared.classOf(type)}(${x})`;
      case "enum":
        return `${this.#enumCases(type)}[${x}]`;
      case "own":
      case "borrow":
        return this.#liftHandle(type, x);
      default: {
        const name = this.#shared.once(type, "l", (own) => `def ${own}(x):\n${this.#body(type)}\n`);
        return `${name}(${x})`;
      }
    }
  }

  #liftItems(element: WitType, x: string): string {
    const y = this.#shared.variable();
    if (element.kind !== "record" && element.kind !== "tuple") return `[${this.lift(element, y)} for ${y} in ${x}]`;
    const types = element.kind === "record" ? element.fields.map((field) => field.type) : element.items;
    const parts = types.map(() => this.#shared.variable());
    const lifted = types.map((type, i) => this.lift(type, parts[i] ?? ""));
    const made =
      element.kind === "record" ? `${this.#shared.classOf(element)}(${lifted.join(", ")})` : `(${lifted.join(", ")},)`;
    return types.length === 0
      ? `[${this.lift(element, y)} for ${y} in ${x}]`
      : `[${made} for ${parts.join(", ")}, in ${x}]`;
  }

  #enumCases(type: WitType & { readonly kind: "enum" }): string {
    return this.#shared.once(type, "n", (name) => `${name} = tuple(${this.#shared.classOf(type)})\n`);
  }

  #liftHandle(type: WitType & { readonly kind: "own" | "borrow" }, x: string): string {
    const { names } = this.#shared;
    if (names.isExported(type.resource)) return type.kind === "own" ? `give_back(${x})` : `held(${x})`;
    return `${type.kind === "own" ? "adopt" : "borrow"}(${this.#shared.resourceClass(type.resource)}, ${x})`;
  }

  #body(type: WitType): string {
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
        return type.fields.every((field) => isPlain(field.type))
          ? `    return ${this.#shared.classOf(type)}(*x)`
          : `    return ${this.#shared.classOf(type)}(${type.fields.map((f, i) => this.lift(f.type, `x[${i}]`)).join(", ")})`;
      case "variant": {
        const cases = type.cases.map((one, i) => {
          const payload = one.type === null ? "" : this.lift(one.type, "x[1]");
          return `    if i == ${i}: return ${this.#shared.caseOf(type, camel(one.name))}(${payload})`;
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
}

/** True when the marshal value that comes is already the Python value. */
function isPlain(type: WitType): boolean {
  return isWholly(type, isBytes);
}
