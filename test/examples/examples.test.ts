/** Every example runs as a user would run it, and prints what its expected.txt says. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { commandProcess } from "../cli/commands.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const examples = readdirSync(`${root}/examples`, { withFileTypes: true }).filter((entry) => entry.isDirectory());

/** What one example leaves in this process, the next one finds: it is the caches alone, as for commands in a row. */
const commands = commandProcess();

async function sennit(...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const { PATH = "", HOME = "" } = process.env;
  const { status, stdout, stderr } = await commands.perform({ args, folder: root, environment: { PATH, HOME } });
  expect(status, stderr).toBe(0);
  return { stdout, stderr };
}

describe("examples", () => {
  it.each(examples.map((entry) => entry.name))("%s prints what it should", async (name) => {
    const picture = `${root}/examples/${name}/out/${name}.svg`;
    rmSync(picture, { force: true });
    const { stdout, stderr } = await sennit("run", `examples/${name}/${name}.sennit`);

    expect(stderr).toBe("");
    // Figures that depend on the lockfile of the day are masked in both.
    expect(mask(stdout)).toBe(mask(readFileSync(`${root}/examples/${name}/expected.txt`, "utf8")));
    if (name !== "eos") return;
    expect(stdout).toMatch(/^E0 = -8\.61\d/m);
    expect(stdout.match(/within 0\.1 %/g)).toHaveLength(4);
    const svg = readFileSync(picture, "utf8");
    expect(svg).toMatch(/^<svg /);
    expect(svg.match(/<circle/g)?.length ?? 0).toBeGreaterThanOrEqual(15);
  });

  it.each(examples.map((entry) => entry.name))("%s is formatted, checked and explained", async (name) => {
    await sennit("fmt", "--check", `examples/${name}/${name}.sennit`);
    const { stderr } = await sennit("check", `examples/${name}/${name}.sennit`);

    expect(stderr).toContain("0 errors, 0 warnings");
    expect(existsSync(`${root}/examples/${name}/README.md`)).toBe(true);
  });
});

function mask(text: string): string {
  return text.replaceAll(/\d+ packages/g, "N packages").replaceAll(/ {2,}\d+ {2}/g, " N  ");
}
