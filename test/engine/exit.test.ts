/** R3 as a process sees it: after each of these runs nothing is left that would keep it alive. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { SharedProcess } from "../shared-process.ts";
import type { Program } from "./exit-process.ts";

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

const shared = new SharedProcess<Program, "ended">(fileURLToPath(new URL("exit-process.ts", import.meta.url)));

describe("a process ends by itself after", () => {
  it.each(Object.keys(programs))("%s", async (name) => {
    expect(await shared.perform({ source: programs[name] ?? "", file })).toBe("ended");
  });

  it("all of them: it ends by itself when nobody has another program for it", async () => {
    expect(await shared.end()).toBe(0);
  });
});
