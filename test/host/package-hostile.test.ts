/** Whatever stands in a manifest is data: it is taken for what its place says, or refused, and nothing else happens. */
import { join } from "node:path";

import { stringify } from "smol-toml";
import { describe, expect, it } from "vitest";

import fc from "../fast-check.ts";
import { Fault } from "../../src/fault.ts";
import { readPackage, readProject } from "../../src/host/package/package.node.ts";
import { levelOf } from "../../src/host/package/project.ts";
import { temporaryFolder } from "./temporary.ts";

const GOOD = { name: "acme:good", version: "1.0.0", language: "lua", source: "main.lua", wit: "w.wit" };
const KEYS = [
  "__proto__ constructor prototype toString hasOwnProperty package limits memory wants run default policy trust",
  "isolation grants program dependencies effects acme:x",
].flatMap((names) => names.split(" "));

const keys = fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 8 }));
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.oneof(fc.boolean(), fc.integer(), fc.constantFrom("L0", "none", "64 MiB", "log"), fc.string({ maxLength: 8 })),
    fc.array(fc.constantFrom("log", "acme:x", "__proto__"), { maxLength: 2 }),
    fc.dictionary(keys, tie("tree"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const tables = fc.dictionary(keys, tree, { maxKeys: 4, noNullPrototype: true });

/** Reads it as a package and as a project; what is refused is `manifest-invalid`. */
async function read(file: string, text: string): Promise<readonly string[]> {
  await using folder = await temporaryFolder({ [file]: text, "main.lua": "", "w.wit": "" });
  const outcomes: string[] = [];
  try {
    const { manifest } = await readPackage(folder.path);
    expect(manifest).toMatchObject({ name: "acme:good", version: "1.0.0" });
    expect(Object.values(manifest.limits).every((limit) => typeof limit === "number" && limit > 0)).toBe(true);
    outcomes.push("package");
  } catch (thrown) {
    outcomes.push(thrown instanceof Fault ? thrown.code : String(thrown));
  }
  try {
    const project = await readProject(folder.path);
    for (const name of ["__proto__", "constructor", "acme:nobody"]) {
      expect(project.grants.get(name) ?? []).toEqual([]);
      expect(levelOf(project, { names: [name], place: join(folder.path, "..") })).toBe("L2");
    }
    outcomes.push("project");
  } catch (thrown) {
    outcomes.push(thrown instanceof Fault ? thrown.code : String(thrown));
  }
  return outcomes;
}

describe.each([
  ["sennit.toml", (all: object): string => stringify(all)],
  [
    "package.json",
    ({ package: pack, ...rest }: { package: object }): string =>
      JSON.stringify({ version: "1.0.0", sennit: { ...pack, ...rest } }),
  ],
] as const)("%s", (file, write) => {
  it("with any tables is read or refused, and changes nothing of the host", async () => {
    const before = Object.getOwnPropertyNames(Object.prototype).toSorted();
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(tables, tables, async (more, pack) => {
        const { package: _, ...rest } = more;
        const outcomes = await read(file, write({ ...rest, package: { ...pack, ...GOOD } }));
        for (const outcome of outcomes) seen.add(outcome);
        expect(["package", "manifest-invalid"]).toContain(outcomes[0]);
        expect(["project", "manifest-invalid"]).toContain(outcomes[1]);
        expect(Object.getOwnPropertyNames(Object.prototype).toSorted()).toEqual(before);
        expect("polluted" in {}).toBe(false);
      }),
    );
    expect(seen).toContain("manifest-invalid");
    expect(await read(file, write({ package: GOOD }))).toEqual(["package", "project"]);
  });
});
