/**
 * The fields of a request, read one by one.
 *
 *   F1  Each is read by its kind and its bounds; a field that nobody read is a mistake, and so is one of another kind.
 */
import { Fault } from "../fault.ts";
import { nearest } from "../lang/nearest.ts";

/** Characters of a text of which nothing else is said. */
const LONGEST = 200;

export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #known = new Set<string>();

  /** @throws {Fault} `bad-request` when it is no object */
  constructor(value: unknown, path = "") {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Fault("bad-request", `${path === "" ? "The request's body" : `\`${path}\``} is no JSON object`);
    }
    this.#values = value as Record<string, unknown>;
    this.#path = path;
  }

  /** Undefined when the field is absent or null. */
  take(name: string): unknown {
    this.#known.add(name);
    return Object.hasOwn(this.#values, name) ? (this.#values[name] ?? undefined) : undefined;
  }

  text(name: string, longest: number = LONGEST): string {
    return this.maybeText(name, longest) ?? this.#missing(name);
  }

  maybeText(name: string, longest: number = LONGEST): string | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    if (typeof value !== "string" || !value.isWellFormed()) throw this.mistake(name, "is no text");
    if (value.length > longest) throw this.mistake(name, `is longer than ${longest} characters`);
    return value;
  }

  integer(name: string, least: number, most: number): number {
    return this.maybeInteger(name, least, most) ?? this.#missing(name);
  }

  maybeInteger(name: string, least: number, most: number): number | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
    throw this.mistake(name, `is no integer from ${least} to ${most}`);
  }

  /** False when it is absent. */
  flag(name: string): boolean {
    const value = this.take(name);
    if (value !== undefined && typeof value !== "boolean") throw this.mistake(name, "is neither true nor false");
    return value ?? false;
  }

  texts(name: string): readonly string[] {
    const value = this.take(name);
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((each) => typeof each === "string" && each.isWellFormed())) return value;
    throw this.mistake(name, "is no list of texts");
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.maybeText(name);
    if (value === undefined) return undefined;
    const found = choices.find((each) => each === value);
    if (found === undefined) throw this.mistake(name, `is none of ${choices.join(", ")}`);
    return found;
  }

  /** An object whose keys are free. */
  record(name: string): Readonly<Record<string, unknown>> {
    const value = this.take(name);
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw this.mistake(name, "is no object");
    return value as Record<string, unknown>;
  }

  /** Undefined when it is absent. */
  object(name: string): Fields | undefined {
    const value = this.take(name);
    return value === undefined ? undefined : new Fields(value, this.#path + name);
  }

  /** F1: all has been read. */
  finish(): void {
    for (const name of Object.keys(this.#values)) {
      if (this.#known.has(name)) continue;
      const close = nearest(name, [...this.#known]);
      const hint = close === undefined ? `It has ${[...this.#known].join(", ")}` : `Did you mean \`${close}\`?`;
      throw new Fault("bad-request", `There is no field \`${this.#path}${name}\``, { hint });
    }
  }

  mistake(name: string, what: string): Fault {
    return new Fault("bad-request", `\`${this.#path === "" ? "" : `${this.#path}.`}${name}\` ${what}`);
  }

  #missing(name: string): never {
    throw this.mistake(name, "is missing");
  }
}
