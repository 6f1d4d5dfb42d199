import { describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import { decodeWorld } from "../../src/wit/decoder.ts";
import type { WitType } from "../../src/wit/types.ts";
import { arbitraryType } from "./arbitrary.ts";
import { fromWit } from "./components.ts";

/** Writes a type as WIT text, with a declaration for each part that WIT wants named. */
class Declarations {
  readonly lines: string[] = [];

  use(type: WitType): string {
    switch (type.kind) {
      case "record":
        return this.#declare(
          "record",
          type.fields.map((f) => `%${f.name}: ${this.use(f.type)}`),
        );
      case "variant":
        return this.#declare(
          "variant",
          type.cases.map((c) => (c.type === null ? `%${c.name}` : `%${c.name}(${this.use(c.type)})`)),
        );
      case "enum":
        return this.#declare(
          "enum",
          type.cases.map((name) => `%${name}`),
        );
      case "flags":
        return this.#declare(
          "flags",
          type.labels.map((name) => `%${name}`),
        );
      case "list":
        return `list<${this.use(type.element)}${type.length === undefined ? "" : `, ${type.length}`}>`;
      case "map":
        return `map<${this.use(type.key)}, ${this.use(type.value)}>`;
      case "tuple":
        return `tuple<${type.items.map((item) => this.use(item)).join(", ")}>`;
      case "option":
        return `option<${this.use(type.some)}>`;
      case "result":
        return this.#result(type.ok, type.err);
      default:
        return type.kind;
    }
  }

  #result(ok: WitType | null, err: WitType | null): string {
    if (err !== null) return `result<${ok === null ? "_" : this.use(ok)}, ${this.use(err)}>`;
    return ok === null ? "result" : `result<${this.use(ok)}>`;
  }

  #declare(kind: string, members: readonly string[]): string {
    const name = `t${this.lines.length}`;
    this.lines.push(`${kind} ${name} { ${members.join(", ")} }`);
    return name;
  }
}

/** The type without the names its parts were declared under. */
function unnamed(type: unknown): unknown {
  return JSON.parse(
    JSON.stringify(type, (key, value: unknown) => (key === "name" && typeof value === "object" ? null : value)),
  );
}

describe("decodeWorld() after WIT text", () => {
  it("gives back every type, on both sides", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryType(), async (type) => {
        const declarations = new Declarations();
        const use = declarations.use(type);
        const wit = `package a:b;
          interface i { ${declarations.lines.map((line) => `${line}\n`).join("")} f: func(x: ${use}) -> ${use}; }
          world w { import i; export i; }`;
        const world = decodeWorld(await fromWit(wit));
        for (const side of [world.imports, world.exports]) {
          const f = side.interfaces.get("a:b/i")?.functions.get("f");
          expect(unnamed(f?.result)).toEqual(unnamed(type));
          expect(f?.params[0]?.type).toEqual(f?.result);
        }
      }),
      { numRuns: 150 },
    );
  });
});
