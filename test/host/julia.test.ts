import { describe, expect, it } from "vitest";
import { fileURLToPath } from "node:url";
import { openPlugin } from "../../src/host/open.node.ts";
import { juliaPlugin } from "../../src/host/julia/plugin.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import { prepare } from "../../src/host/remote/caller/prepare.node.ts";
import { faultFrom, packageOf, settings } from "./lua-package.ts";

const sample = fileURLToPath(new URL("../../plugins/samples/linear-fit-julia", import.meta.url));

describe("a Julia package", () => {
  it("is opened and its world read, and says what is missing at its first call", async () => {
    await using plugin = await juliaPlugin(await readPackage(sample));
    expect([...plugin.world.exports.functions.keys()]).toEqual(["fit", "predict"]);
    expect(plugin.digest).toMatch(/^[0-9a-f]{64}$/);
    await using instance = await plugin.instantiate(settings());
    const fault = await faultFrom(() => instance.call("fit", [[], []]));
    expect(fault).toMatchObject({ code: "runtime-unavailable", source: "sample:linear-fit-julia" });
    expect(fault.hint).toContain("component");
    expect((await faultFrom(() => instance.call("fix", []))).code).toBe("unknown-function");
    await instance[Symbol.asyncDispose]();
    expect((await faultFrom(() => instance.call("fit", []))).code).toBe("plugin-lost");
  });

  it.each(["L1", "L2"] as const)("is refused at %s, in whatever way it is to get there", async (isolation) => {
    const files = await readPackage(sample);
    for (const open of [() => openPlugin(files, { isolation }), () => prepare(files, undefined)]) {
      const fault = await faultFrom(open);
      expect(fault).toMatchObject({ code: "isolation-unsupported", source: "sample:linear-fit-julia" });
      expect(fault.message).toContain("julia packages cannot run at this isolation level");
      expect(fault.hint).toContain('isolation = { "sample:linear-fit-julia" = "L0" }');
    }
  });

  it("with a mistake in its WIT or without its source is refused", async () => {
    const broken = packageOf({
      wit: "package a:b; world w { export f: func( }",
      files: { "f.jl": "" },
      language: "julia",
    });
    expect((await faultFrom(() => juliaPlugin(broken))).code).toBe("wit-invalid");
    const empty = packageOf({ wit: "package a:b; world w {}", files: {}, language: "julia" });
    expect((await faultFrom(() => juliaPlugin(empty))).code).toBe("package-invalid");
  });
});
