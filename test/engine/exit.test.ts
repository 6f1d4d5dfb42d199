/** R3 as a process sees it: after each of these runs nothing is left that would keep it alive. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const index = new URL("../../src/index.ts", import.meta.url).href;
const file = fileURLToPath(new URL("program.sennit", import.meta.url));
const slow = 'require "./fixtures/slow-python" as slow;';

const programs: Readonly<Record<string, string>> = {
  "a call into Python that lost a race": `${slow} slow.count(); race { slow.spin(); sleep(1ms); }`,
  "a call into Python that timed out": `${slow} slow.count(); timeout (1ms) { slow.spin(); }`,
  "a core call that lost a race": `${slow} race { =slow.spin=(); sleep(50ms); }`,
  "an instance that was still starting": `${slow} race { slow.count(); sleep(1ms); }`,
  "timers and workflows left behind": "workflow w() { sleep(1h); } spawn w(); race { sleep(1h); 1 } raise 1;",
  "a callback that failed": 'require "./fixtures/callbacks-lua" as lua; lua.each(|i| 1 div i, 2);',
};

/** The exit status of a process that runs one program, and has some seconds to end by itself afterwards. */
function exitStatus(source: string): Promise<number | string | null> {
  const script = `
    import { run } from ${JSON.stringify(index)};
    await run(${JSON.stringify(source)}, { file: ${JSON.stringify(file)} }).catch(() => {});
    setTimeout(() => process.exit(3), 4000).unref();
    process.stdout.write("settled");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve) => {
    const limit = setTimeout(() => child.kill("SIGKILL"), 40_000);
    child.once("close", (status, signal) => {
      clearTimeout(limit);
      resolve(status ?? signal);
    });
  });
}

describe("a process ends by itself after", () => {
  it.each(Object.keys(programs))("%s", async (name) => {
    expect(await exitStatus(programs[name] ?? "")).toBe(0);
  });
});
