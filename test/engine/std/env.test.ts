import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { plainOptions } from "../../conformance/options.ts";
import { envPlugin, envWorld } from "../../../src/engine/std/env.ts";
import { worldFromText } from "../../../src/host/wit-source.ts";
import { formatWorld } from "../../../src/wit/text.ts";
import type { Value } from "../../../src/wit/value.ts";
import { printed } from "../programs.ts";

const variables: Readonly<Record<string, string>> = { A: "a", EMPTY: "", ODD: "\ud800" };

/** What `get(name)` gives when these names were granted, and the names that were looked up. */
async function read(name: string, ...granted: readonly string[]): Promise<{ value: Value; asked: readonly string[] }> {
  const asked: string[] = [];
  const plugin = envPlugin({
    isGranted: (each) => granted.includes(each),
    variable: (each) => (asked.push(each), variables[each]),
  });
  await using instance = await plugin.instantiate(plainOptions());
  try {
    return { value: await instance.call("get", [name]), asked };
  } catch (fault) {
    expect(fault).toMatchObject({ code: "denied", source: "std:env" });
    return { value: "denied", asked };
  }
}

describe("std:env", () => {
  it("has the world of wit/std/env.wit", async () => {
    const text = readFileSync(new URL("../../../wit/std/env.wit", import.meta.url), "utf8");

    expect(formatWorld(envWorld)).toBe(formatWorld(await worldFromText(text)));
  });

  it("gives what was granted, or nil when it is not set", async () => {
    expect((await read("A", "A")).value).toBe("a");
    expect((await read("EMPTY", "EMPTY")).value).toBe("");
    expect((await read("NONE", "NONE")).value).toBe(null);
    expect((await read("ODD", "ODD")).value).toBe("\ufffd");
  });

  it.each(["A", "NONE", "A=B", "__proto__", "", "A\0"])(
    "does not even look up %j without its grant (E1)",
    async (name) => expect(await read(name, "B", "AA")).toEqual({ value: "denied", asked: [] }),
  );

  it("denies with an error that a program can catch, and that names the grant", async () => {
    const program = `
      require get from "std:env";
      print get("SENNIT_NOT_SET") ?? "not set";
      try { get("SENNIT_OTHER"); } catch (e) { print e.code; print e.message; }`;

    expect(await printed(program, { grants: ["env:SENNIT_NOT_SET"] })).toEqual([
      "not set",
      "denied",
      'Reading the environment variable "SENNIT_OTHER" was not granted (Add `--grant env:SENNIT_OTHER`)',
    ]);
  });

  it("does not read what was granted as a secret only", async () => {
    const program = 'require get from "std:env"; get("HOME");';

    await expect(printed(program, { grants: ["secret:HOME"] })).rejects.toMatchObject({ code: "denied" });
  });
});
