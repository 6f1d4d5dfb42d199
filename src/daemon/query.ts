/** What stands behind the `?` of a request: only what its route knows, each once. */
import { Fault } from "../fault.ts";
import type { Route } from "./routes.ts";

export class Query {
  readonly #values: ReadonlyMap<string, string>;

  /** @throws {Fault} `bad-request` */
  constructor(text: string, route: Pick<Route, "query">) {
    const known = Object.keys(route.query ?? {});
    const values = new Map<string, string>();
    for (const [name, value] of new URLSearchParams(text)) {
      if (!known.includes(name)) {
        const hint = known.length === 0 ? "It takes none" : `It takes ${known.join(", ")}`;
        throw new Fault("bad-request", `There is no query parameter \`${name}\``, { hint });
      }
      if (values.has(name)) throw new Fault("bad-request", `\`${name}\` is given twice`);
      values.set(name, value);
    }
    this.#values = values;
  }

  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return value === "" ? undefined : value;
  }

  flag(name: string): boolean {
    const value = this.#values.get(name);
    if (value === undefined || value === "0") return false;
    if (value === "1") return true;
    throw new Fault("bad-request", `\`${name}\` is 0 or 1`);
  }

  number(name: string, least: number, most: number, fallback: number): number {
    const text = this.#values.get(name);
    if (text === undefined) return fallback;
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new Fault("bad-request", `\`${name}\` is no number from ${least} to ${most}`);
  }

  integer(name: string, least: number, most: number, fallback: number): number {
    const value = this.number(name, least, most, fallback);
    if (Number.isInteger(value)) return value;
    throw new Fault("bad-request", `\`${name}\` is no integer`);
  }
}
