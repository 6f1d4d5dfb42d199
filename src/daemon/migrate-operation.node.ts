/** Moving a run to another version of its program. */
import { data } from "./asked.ts";
import type { Asked, Reply } from "./asked.ts";
import { Fields } from "./fields.ts";
import { verdictData } from "./run-data.ts";
import { LONGEST_PATH, LONGEST_SOURCE } from "./submission.node.ts";

export async function migrate({ executor, param, body }: Asked): Promise<Reply> {
  const fields = new Fields(body);
  const source = fields.text("source", LONGEST_SOURCE);
  const migration = fields.object("migration");
  const dry = fields.flag("dry");
  const restart = fields.flag("restart");
  const given = migration && {
    file: migration.text("file", LONGEST_PATH),
    source: migration.text("source", LONGEST_SOURCE),
  };
  migration?.finish();
  fields.finish();
  const verdicts = await executor.migrate(param("id"), { source, dry, restart, migration: given });
  const goesOn = verdicts.every(({ verdict }) => verdict.kind === "continues");
  return data({ moved: goesOn && !dry, runs: verdicts.map(verdictData) });
}
