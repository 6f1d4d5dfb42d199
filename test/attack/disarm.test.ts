/** What a realm's JavaScript finds of Node's that its permission model leaves: tried in processes of their own. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const DISARM = new URL("../../src/host/remote/server/disarm.node.ts", import.meta.url).href;

/** What the code says in a fresh process, before or after `disarm`. */
async function said(code: string, disarmed: boolean, flags: readonly string[] = []): Promise<string> {
  const first = disarmed ? `const { disarm } = await import(${JSON.stringify(DISARM)}); disarm();` : "";
  const text = `${first} const { default: os } = await import("node:os"); const { default: v8 } = await import("node:v8");
    try { process.stdout.write(String(${code})); } catch (error) { process.stdout.write(error.name); }`;
  const args = ["--no-warnings", ...flags, "--input-type=module", "--eval", text];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: fileURLToPath(new URL(".", import.meta.url)),
  });
  return stdout;
}

const WAYS: readonly (readonly [tries: string, code: string])[] = [
  ["signals this process", "process.kill(process.pid, 0)"],
  ["signals by Node's own function", "process._kill(process.pid, 0)"],
  ["starts a debugger", "typeof process._debugProcess.call"],
  ["ends a debugger", "typeof process._debugEnd.call"],
  ["aborts", "typeof process.abort.call"],
  ["changes its user", "typeof process.setuid.call"],
  ["changes its groups", "typeof process.setgroups.call"],
  ["sets a priority", "os.setPriority(0) === undefined"],
  ["sets a priority by a name that was imported", `(await import("node:os")).setPriority(0) === undefined`],
  ["sets V8's switches", `v8.setFlagsFromString("--no-opt") === undefined`],
  ["sets them by a name that was imported", `(await import("node:v8")).setFlagsFromString("--no-opt") === undefined`],
  [
    "sets them by the module that it asks the process for",
    `process.getBuiltinModule("v8").setFlagsFromString("--no-opt") === undefined`,
  ],
];

describe.skipIf(process.platform === "win32")("disarm", () => {
  it.each(WAYS)("a realm that %s finds nothing to do it with", async (_, code) => {
    expect(await said(code, false)).not.toBe("TypeError"); // or there was nothing to take away
    expect(await said(code, true)).toBe("TypeError");
  });
});

describe("the flags of a realm", () => {
  it("leave no database, which would be opened past the permissions", async () => {
    const asks = `typeof process.getBuiltinModule("node:sqlite")`;

    expect(await said(asks, false)).toBe("object");
    expect(await said(asks, false, ["--no-experimental-sqlite"])).toBe("undefined");
  });
});
