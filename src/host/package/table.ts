/**
 * Reading a table of a manifest key by key: each key is read once, and what is left over is a mistake.
 */
import { didYouMean, type Mistakes } from "./mistakes.ts";

export class Table {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #mistakes: Mistakes;
  readonly #known = new Set<string>();

  constructor(values: Readonly<Record<string, unknown>>, path: string, mistakes: Mistakes) {
    this.#values = values;
    this.#path = path;
    this.#mistakes = mistakes;
  }

  /** Every key that stands in the table, for tables whose keys are free. */
  keys(): string[] {
    return Object.keys(this.#values);
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#values, key);
  }

  /** The raw value; undefined when the key is absent. */
  take(key: string): unknown {
    this.#known.add(key);
    return Object.hasOwn(this.#values, key) ? this.#values[key] : undefined;
  }

  text(key: string): string | undefined {
    return this.#of(key, "text", (value) => typeof value === "string") as string | undefined;
  }

  flag(key: string): boolean | undefined {
    return this.#of(key, "true or false", (value) => typeof value === "boolean") as boolean | undefined;
  }

  texts(key: string): readonly string[] {
    const isTexts = (value: unknown): boolean =>
      Array.isArray(value) && value.every((each) => typeof each === "string");
    return (this.#of(key, "a list of texts", isTexts) as readonly string[] | undefined) ?? [];
  }

  oneOf<T extends string>(key: string, choices: readonly T[]): T | undefined {
    const value = this.text(key);
    if (value === undefined || (choices as readonly string[]).includes(value)) return value as T | undefined;
    const list = choices.map((each) => `\`${each}\``).join(", ");
    this.mistake(key, `\`${value}\` is none of ${list}${didYouMean(value, choices)}`);
    return undefined;
  }

  /** An empty table when the key is absent. */
  table(key: string): Table {
    const value = this.#of(key, "a table", isTable) as Record<string, unknown> | undefined;
    return new Table(value ?? {}, `${this.#path}${key}.`, this.#mistakes);
  }

  /** The tables of a list; none when the key is absent. */
  tables(key: string): readonly Table[] {
    const isTables = (value: unknown): boolean => Array.isArray(value) && value.every(isTable);
    const list = this.#of(key, "a list of tables", isTables) as readonly Record<string, unknown>[] | undefined;
    return (list ?? []).map((values) => new Table(values, `${this.#path}${key}.`, this.#mistakes));
  }

  mistake(key: string, text: string): void {
    this.#mistakes.add(this.#path + key, text);
  }

  require(key: string): void {
    if (!this.has(key)) this.mistake(key, "is missing");
  }

  /** Every key that nobody asked for is a mistake. */
  refuseOthers(): void {
    for (const key of Object.keys(this.#values)) {
      if (!this.#known.has(key)) this.mistake(key, `unknown key${didYouMean(key, this.#known)}`);
    }
  }

  #of(key: string, what: string, isIt: (value: unknown) => boolean): unknown {
    const value = this.take(key);
    if (value === undefined || isIt(value)) return value;
    this.mistake(key, `must be ${what}`);
    return undefined;
  }
}

export function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
