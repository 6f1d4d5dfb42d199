/** `sennit provenance`: what data came from what process, as a graph. */
import { Fault } from "../../fault.ts";
import { toDot } from "../../engine/history/dot.ts";
import { provenanceOf } from "../../engine/history/lineage.ts";
import { readLog } from "../../engine/history/log.ts";
import { openProgramOf } from "../../engine/history/open.node.ts";
import { toProvJson } from "../../engine/history/prov-json.ts";
import type { Provenance } from "../../engine/history/provenance.ts";
import { toSvg } from "../../engine/history/svg.ts";
import { readSqlite } from "../../journal/sqlite/sqlite-reader.node.ts";
import type { Invocation } from "../arguments.ts";
import { isolationIn } from "../isolation.ts";
import { storeIn } from "../store-file.node.ts";
import { EXIT } from "../terminal.node.ts";
import { onlyRun } from "../only-run.ts";

const FORMATS: ReadonlyMap<string, (graph: Provenance) => string> = new Map([
  ["dot", toDot],
  ["svg", toSvg],
  ["prov-json", toProvJson],
]);

export async function provenanceCommand(invocation: Invocation): Promise<number> {
  const id = onlyRun(invocation);
  const format = FORMATS.get(invocation.value("format") ?? "dot");
  if (format === undefined) {
    throw new Fault("usage", `There is no format \`${invocation.value("format")}\``, {
      hint: `Write ${[...FORMATS.keys()].join(", ")}`,
    });
  }
  using store = readSqlite(storeIn(invocation));
  const log = await readLog(store, id);
  const { loaded, why } = await openProgramOf(store, log, { isolation: isolationIn(invocation), warn: () => {} });
  if (loaded === null) throw new Fault("no-history", `Where data came from cannot be told: ${why}`);
  await using program = loaded.program;
  void program;
  process.stdout.write(format(await provenanceOf(log, loaded)));
  return EXIT.done;
}
