/** Programs from files, for an executor in Node. */
import { basename, dirname, join, resolve } from "node:path";
import { CorePool } from "../../host/worker/core-pool.node.ts";
import type { Project } from "../../host/package/project.ts";
import { renderDiagnostics } from "../../lang/render.ts";
import { PROGRAM } from "../load/grants.ts";
import type { Readable } from "../history/typed.ts";
import { loadProgram } from "../load/load.node.ts";
import type { LoadRequest, Opened } from "../load/packages.node.ts";
import { nodePorts } from "../platform/ports.node.ts";
import { ProgramRefused } from "../embedding/refused.ts";
import { forkTo } from "../embedding/run-program.node.ts";
import type { OpenedProgram, ProgramRequest } from "./ports.ts";
import { Watched } from "./watched.node.ts";
import type { Place } from "./watched.node.ts";

/** What all programs of an executor have. */
export type FileOptions = Omit<LoadRequest, "file" | "text" | "grants" | "besideVm">;

/** The caller disposes it. @throws {ProgramRefused} @throws {Fault} */
export async function openFromFiles(
  { file, source, grants: given }: ProgramRequest,
  options: FileOptions,
): Promise<OpenedProgram> {
  const since = Date.now();
  const loaded = await loadProgram({ ...options, file, text: source, grants: given });
  if (!loaded.ok) throw new ProgramRefused(loaded.diagnostics);
  const { program, opened, grants, project, diagnostics } = loaded;
  if (diagnostics.length > 0) options.warn(renderDiagnostics(diagnostics, { color: false }));
  const watched = new Watched(placesOf(file, program.ir.files, opened, project), since);
  const cores = new CorePool();
  const ports = nodePorts(project.folder, forkTo(cores, opened), () => {});
  return {
    program,
    grants: { allowsCommand: (command) => grants.allows(PROGRAM, { kind: "run", name: command }) },
    ports: (webhook) => (webhook === undefined ? ports : { ...ports, webhook }),
    changed: (isFresh) => watched.changed(isFresh),
    [Symbol.asyncDispose]: async () => {
      await cores[Symbol.asyncDispose]();
      await program[Symbol.asyncDispose]();
    },
  };
}

/** Without workers, and with the names of its variables. The caller disposes it. @throws {ProgramRefused} @throws {Fault} */
export async function lookAtFiles(
  { file, source, grants }: ProgramRequest,
  options: FileOptions,
): Promise<Readable & AsyncDisposable> {
  const loaded = await loadProgram({ ...options, file, text: source, grants, besideVm: false });
  if (!loaded.ok) throw new ProgramRefused(loaded.diagnostics);
  const { program, checked } = loaded;
  return { program, checked, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

/** What a program was made of, beside its own text, which was given. */
function placesOf(
  file: string,
  files: readonly string[],
  opened: readonly Opened[],
  { file: manifest, folder }: Project,
): readonly Place[] {
  const own = files.filter((name) => resolve(name) !== resolve(file));
  const project = manifest ?? join(folder, "sennit.toml");
  return [
    ...opened.flatMap(({ name, place }) => (place === undefined ? [] : [{ name, path: place }])),
    ...own.map((name) => ({ name: basename(name), path: resolve(name) })),
    { name: basename(project), path: project },
    { name: "sennit.lock", path: join(dirname(project), "sennit.lock") },
  ];
}
