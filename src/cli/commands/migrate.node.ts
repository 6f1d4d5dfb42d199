/** `sennit migrate`: a live run goes on with another version of its program. Exit 1 when it was not moved. */
import { Fault } from "../../fault.ts";
import { startOf } from "../../engine/durable/durable-run.ts";
import { loadProgram } from "../../engine/load.node.ts";
import { ProgramRefused } from "../../engine/refused.ts";
import { migrate } from "../../engine/trial/migrate.ts";
import type { Invocation } from "../arguments.ts";
import { harmless } from "../harmless.ts";
import { isolationIn } from "../isolation.ts";
import { toJson } from "../json.ts";
import { readProgram } from "../program-file.node.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { asData, told } from "./against-runs.node.ts";
import { openStore, unknownRun } from "./resume.node.ts";

export async function migrateCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const [id, file, more] = invocation.positionals;
  if (id === undefined || file === undefined || more !== undefined) {
    throw new Fault("usage", "`sennit migrate` needs the id of one run and one file", {
      hint: invocation.command.usage,
    });
  }
  await using store = await openStore(invocation);
  const header = await store.header(id);
  if (header === undefined) throw unknownRun(id);
  const text = await readProgram(file);
  const loaded = await loadProgram({
    file: header.name, // where it is looked for when it is taken up: its packages, too
    text,
    functions: {},
    wit: undefined,
    grants: (await startOf(store, id)).grants,
    besideVm: false,
    isolation: isolationIn(invocation),
    warn: (line) => terminal.warn(line),
  });
  if (!loaded.ok) throw new ProgramRefused(loaded.diagnostics);
  await using program = loaded.program;
  const verdicts = await migrate(store, program, text, id);
  const isMoved = verdicts.every(({ verdict }) => verdict.kind === "continues");
  if (invocation.has("json")) {
    process.stdout.write(`${toJson({ moved: isMoved, runs: verdicts.map(asData) })}\n`);
  } else {
    const lines = verdicts.map((each) => `${isMoved ? "moved" : each.verdict.kind}  ${each.run.id}: ${told(each)}`);
    process.stdout.write(harmless(`${lines.join("\n")}\n${isMoved ? "" : "\nNothing was moved.\n"}`));
  }
  return isMoved ? EXIT.done : EXIT.failed;
}
