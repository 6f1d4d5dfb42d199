import { it } from "vitest";
import { S32, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance, stubProgram } from "../stub-program.ts";
import { runWithCrashes } from "./crash.ts";
import { entriesOf } from "./history.ts";
const over = (text: string) =>
  stubProgram(text, [witFunction("double", [S32], S32)], () => directInstance((_, a) => 2 * Number(a[0])), {
    manifest: { language: "component" },
  });
const text = process.env["TXT"] ?? `print "a"; sleep (1ms); print "b";`;
for (const plan of [
  {},
  { snapshotAfter: 0 },
  { sleepAfter: 0 },
  { snapshotAfter: 0, sleepAfter: 5 },
  { snapshotAfter: 0, lives: [2] },
])
  it(JSON.stringify(plan), { timeout: 5000 }, async () => {
    const f = await runWithCrashes(() => over(text), { lives: [], survives: 0, ...plan });
    console.log(
      f.lines,
      f.result,
      (await entriesOf(f.store)).map((e) => e.kind + ("what" in e ? ":" + e.what : "")).join(" "),
    );
  });
