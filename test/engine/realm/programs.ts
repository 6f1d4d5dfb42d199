/** The same program in this thread and in a run worker. */
import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Fault } from "../../../src/fault.ts";
import { run, type RunProgramOptions, type ShownEvent } from "../../../src/engine/embedding/run-program.node.ts";
import { ErrorValue } from "../../../src/lang/value.ts";
import { temporaryFolder, type TemporaryFolder } from "../../host/temporary.ts";

const samples = fileURLToPath(new URL("../../../plugins/samples/", import.meta.url));
const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));

const PACKAGES: Readonly<Record<string, string>> = {
  "sample:counter-rust": join(samples, "counter-rust"),
  "sample:counter-lua": join(samples, "counter-lua"),
  "sample:apply": join(samples, "callback-rust"),
  "test:callbacks": join(fixtures, "callbacks-lua"),
  "sample:counter-python": join(samples, "counter-python"),
};

/** At every level: metered code has other places in its traces. */
const METERED = `[limits]\ndefault = { deadline = "60s" }\n`;

/** A project with the samples as its dependencies. */
export async function project(
  policy: string,
  files: Readonly<Record<string, string>> = {},
  more: Readonly<Record<string, string>> = {},
  limits: string = METERED,
): Promise<TemporaryFolder> {
  const folder = await temporaryFolder(files);
  const dependencies = Object.entries(PACKAGES).map(([name, path]) => [name, relative(folder.path, path)]);
  const lines = [...dependencies, ...Object.entries(more)].map(([name, path]) => `"${name}" = { path = "${path}" }`);
  const toml = `[dependencies]\n${lines.join("\n")}\n[policy]\nisolation = { ${policy} }\n${limits}`;
  await writeFile(join(folder.path, "sennit.toml"), toml);
  return folder;
}

/** Everything that can be seen of a run. */
export interface Seen {
  readonly events: readonly ShownEvent[];
  readonly result?: unknown;
  readonly error?: unknown;
}

export async function seen(folder: TemporaryFolder, source: string, options: RunProgramOptions = {}): Promise<Seen> {
  const events: ShownEvent[] = [];
  const file = join(folder.path, "main.sennit");
  const seed = new Uint8Array(32).fill(7);
  const given = { file, seed, onPrint: () => {}, onEvent: (event: ShownEvent) => events.push(event), ...options };
  try {
    return { events, result: await run(source, given) };
  } catch (error) {
    return { events, error: errorData(error as Fault) };
  }
}

function errorData(fault: Fault): unknown {
  const { code, message, source, cause } = fault;
  const trace = cause instanceof ErrorValue ? cause.trace : null;
  return { code, message, source, trace };
}
