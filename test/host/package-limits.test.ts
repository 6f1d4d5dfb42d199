/** Who says how much a package may take, and whose word counts (package/limits.ts). */
import { describe, expect, it } from "vitest";

import fc from "../fast-check.ts";
import type { Limits } from "../../src/host/manifest.ts";
import { DEFAULT_LIMITS, effectiveLimits, effectiveRunLimits, withLimits } from "../../src/host/package/limits.ts";
import type { IsolationLevel } from "../../src/host/package/project.ts";
import { readPackage, readProject } from "../../src/host/package/package.node.ts";
import { faultFrom as faultOf } from "./lua-package.ts";
import { temporaryFolder } from "./temporary.ts";

const PACKAGE = `
[package]
name = "acme:stats"
version = "1.2.0"
language = "lua"
source = "stats.lua"
wit = "stats.wit"
`;

const LEVELS: readonly IsolationLevel[] = ["L0", "L1", "L2"];

describe("[package.limits]", () => {
  it("has a key for everything that can be limited, with units", async () => {
    const toml = `${PACKAGE}[package.limits]
memory = "64 MiB"
fuel = 1000000
deadline = "2m"
result-nodes = 1000
result-bytes = "1 MiB"
log = "64 KiB"
instances = 3
tables = 5000
`;
    await using folder = await temporaryFolder({ "sennit.toml": toml });

    expect((await readPackage(folder.path)).manifest.limits).toEqual({
      memory: 67_108_864,
      fuel: 1_000_000,
      deadline: 120_000,
      resultNodes: 1000,
      resultBytes: 1_048_576,
      log: 65_536,
      instances: 3,
      tables: 5000,
    } satisfies Required<Limits>);
  });

  it.each([
    ["5000", 5000],
    ['"500ms"', 500],
    ['"30 s"', 30_000],
    ['"2h"', 7_200_000],
  ])("takes %s for a deadline", async (written, milliseconds) => {
    await using folder = await temporaryFolder({
      "sennit.toml": `${PACKAGE}limits = { deadline = ${written} }`,
    });

    expect((await readPackage(folder.path)).manifest.limits.deadline).toBe(milliseconds);
  });

  it("names every mistake", async () => {
    const toml = `${PACKAGE}[package.limits]
deadline = "soon"
fuel = "none"
result-bytes = "1 GiB"
result_nodes = 3
log = 0
`;
    await using folder = await temporaryFolder({ "sennit.toml": toml });

    const { code, message } = await faultOf(() => readPackage(folder.path));

    expect(code).toBe("manifest-invalid");
    expect(message.replace(folder.path, "")).toMatchInlineSnapshot(`
      "/sennit.toml:
        package.limits.fuel: must be a whole number of units, above zero
        package.limits.deadline: \`soon\` is not a duration such as \`30s\`
        package.limits.result-bytes: is \`256 MiB\` at most
        package.limits.log: must be a whole number of bytes, or a text such as \`64 MiB\`, above zero
        package.limits.result_nodes: unknown key (did you mean \`result-nodes\`?)"
    `);
  });
});

describe("[limits] of a project", () => {
  it("is for all packages, for one of them, and for runs", async () => {
    const toml = `[limits]
default = { deadline = "10s", instances = 2 }
"acme:stats" = { memory = "1 GiB", deadline = "none" }
[limits.run]
children = 5
children-total = 50
timers = 7
branches = 9
entries = 1000
bytes = "1 MiB"
pending = 8
signals = 6
rebuild = "5s"
`;
    await using folder = await temporaryFolder({ "sennit.toml": toml });
    const project = await readProject(folder.path);

    const named = effectiveLimits({ name: "acme:stats", limits: { memory: 1, instances: 60 } }, project, "L1");
    expect(named).toMatchObject({ memory: 2 ** 30, instances: 2 });
    expect(named).not.toHaveProperty("deadline");
    expect(effectiveLimits({ name: "acme:other", limits: { memory: 1 } }, project, "L1")).toMatchObject({
      memory: 1,
      deadline: 10_000,
      instances: 2,
    });
    expect(effectiveRunLimits(project)).toEqual({
      children: 5,
      childrenTotal: 50,
      timers: 7,
      branches: 9,
      entries: 1000,
      bytes: 2 ** 20,
      pending: 8,
      signals: 6,
      rebuild: 5000,
    });
  });

  it("stands in a package.json as `projectLimits`, beside those of the package", async () => {
    const sennit = { projectLimits: { default: { log: "1 KiB" } } };
    await using folder = await temporaryFolder({ "package.json": JSON.stringify({ name: "x", sennit }) });

    expect((await readProject(folder.path)).limits?.default).toEqual({ log: 1024 });
  });

  it("names every mistake", async () => {
    const toml = `[limits]
memory = "64 MiB"
defualt = { deadline = 1 }
default = { memory = "none", dedline = 3 }
"acme:stats" = 3
run = { child = 3 }
`;
    await using folder = await temporaryFolder({ "sennit.toml": toml });

    const { code, message } = await faultOf(() => readProject(folder.path));

    expect(code).toBe("manifest-invalid");
    expect(message.replace(folder.path, "")).toMatchInlineSnapshot(`
      "/sennit.toml:
        limits.memory: must be \`default\`, \`run\` or a package \`namespace:name\`
        limits.defualt: must be \`default\`, \`run\` or a package \`namespace:name\` (did you mean \`default\`?)
        limits.acme:stats: must be a table
        limits.default.memory: \`none\` is not a size such as \`64 MiB\`
        limits.default.dedline: unknown key (did you mean \`deadline\`?)
        limits.run.child: unknown key"
    `);
  });
});

const KEYS = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];
const given: fc.Arbitrary<Limits> = fc.record(
  Object.fromEntries(KEYS.map((key) => [key, fc.integer({ min: 1, max: 2 ** 40 })])),
  { requiredKeys: [] },
);

describe("effectiveLimits()", () => {
  it("is the user's word, the package's before the one for all; else the lower of manifest and default (L1)", () => {
    fc.assert(
      fc.property(given, given, given, fc.constantFrom(...LEVELS), (manifest, usual, named, level) => {
        const project = { limits: { default: usual, packages: new Map([["acme:a", named]]), run: {} } };
        const limits = effectiveLimits({ name: "acme:a", limits: manifest }, project, level);

        for (const key of KEYS) {
          const most = key === "deadline" && level === "L0" ? Infinity : DEFAULT_LIMITS[key];
          const wanted = named[key] ?? usual[key] ?? Math.min(manifest[key] ?? Infinity, most);
          expect(limits[key] ?? Infinity).toBe(wanted);
        }
      }),
    );
  });

  it("gives every package the defaults, and no deadline at L0 (L2)", () => {
    const of = (level: IsolationLevel): Limits => effectiveLimits({ name: "acme:a", limits: {} }, {}, level);

    expect(of("L1")).toEqual({
      memory: 536_870_912,
      deadline: 60_000,
      resultNodes: 16_777_216,
      resultBytes: 268_435_456,
      log: 1_048_576,
      instances: 64,
      tables: 1_000_000,
    });
    expect(of("L2")).toEqual(of("L1"));
    expect({ ...of("L0"), deadline: 60_000 }).toEqual(of("L1"));
    expect(of("L0")).not.toHaveProperty("deadline");
  });

  it("never lets a manifest raise anything: a user who says nothing is asked for no more than the defaults", () => {
    fc.assert(
      fc.property(given, fc.constantFrom("L1", "L2"), (manifest, level) => {
        const limits = effectiveLimits({ name: "acme:a", limits: manifest }, {}, level as IsolationLevel);
        for (const key of KEYS) expect(limits[key] ?? Infinity).toBeLessThanOrEqual(DEFAULT_LIMITS[key]);
      }),
    );
  });

  it("is what the hosts are told in place of the manifest", async () => {
    await using folder = await temporaryFolder({ "sennit.toml": `${PACKAGE}limits = { memory = 1000 }` });
    const files = await readPackage(folder.path);

    const limited = withLimits(files, {}, "L2");

    expect(limited.manifest).toEqual({
      ...files.manifest,
      limits: effectiveLimits(files.manifest, {}, "L2"),
    });
    expect(limited.manifest.limits.memory).toBe(1000);
  });
});
