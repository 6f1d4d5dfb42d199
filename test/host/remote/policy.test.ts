/** `[policy]` of a project: where packages run. */
import { describe, expect, it } from "vitest";
import { readProject } from "../../../src/host/package/package.node.ts";
import { levelOf } from "../../../src/host/package/project.ts";
import { faultOf } from "../component-fixtures.ts";
import { temporaryFolder } from "../temporary.ts";

describe("the policy of a project", () => {
  it("names a level for all packages, and for some", async () => {
    const toml = '[policy]\nisolation = { default = "L1", "acme:fetcher" = "L2", "acme:own" = "L0" }\n';
    await using folder = await temporaryFolder({ "sennit.toml": toml });
    const project = await readProject(folder.path);
    expect(
      ["acme:fetcher", "acme:own", "acme:other"].map((name) => levelOf(project, { names: [name], place: folder.path })),
    ).toEqual(["L2", "L0", "L1"]);
  });

  it("is a worker unless it says otherwise, or the caller does", async () => {
    await using folder = await temporaryFolder({ "sennit.toml": '[policy]\nisolation = { "acme:own" = "L2" }\n' });
    const project = await readProject(folder.path);
    const other = { names: ["acme:other"], place: folder.path };
    expect([levelOf(project, other), levelOf(project, other, "L0")]).toEqual(["L1", "L0"]);
    expect(levelOf(project, { names: ["acme:own"], place: folder.path }, "L0")).toBe("L2");
  });

  it("names what is wrong in it, and what was meant", async () => {
    const toml =
      '[policy]\nisolation = { defalt = "L1", "acme:a" = "L3", "acme:b" = 2, default = "l2" }\nisolaton = 1\n';
    await using folder = await temporaryFolder({ "sennit.toml": toml });
    const { code, message } = await faultOf(() => readProject(folder.path));
    expect(code).toBe("manifest-invalid");
    expect(message.replace(folder.path, "")).toMatchInlineSnapshot(`
      "/sennit.toml:
        policy.isolaton: unknown key (did you mean \`isolation\`?)
        policy.isolation.defalt: must be \`default\` or a package \`namespace:name\` (did you mean \`default\`?)
        policy.isolation.acme:a: \`L3\` is none of \`L0\`, \`L1\`, \`L2\` (did you mean \`L0\`?)
        policy.isolation.acme:b: must be text
        policy.isolation.default: \`l2\` is none of \`L0\`, \`L1\`, \`L2\` (did you mean \`L2\`?)"
    `);
  });
});
