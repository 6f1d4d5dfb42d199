/**
 * From source text to a program that can run: packages found and opened, checked, compiled, linked, and refused when it
 * wants what was not granted. Nothing of the program or a plugin has run when this returns.
 */
import { dirname, resolve } from "node:path";
import { Fault } from "../fault.ts";
import { readProject } from "../host/package/package.node.ts";
import type { Project } from "../host/package/project.ts";
import { checkProgram, requiredPackages } from "../lang/check/check.ts";
import { compileProgram } from "../lang/compile/compile.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";
import { Source } from "../lang/source.ts";
import type { CheckedProgram } from "../lang/typed.ts";
import { Grants, PROGRAM } from "./grants.ts";
import { linkOf, refuseCycles } from "./link.ts";
import type { LoadedPackage, LoadedProgram } from "./loaded.ts";
import { linkable, OpenPackages, readBeside } from "./packages.node.ts";
import type { LoadRequest, Opened } from "./packages.node.ts";

export type Loaded =
  | {
      readonly ok: true;
      readonly program: LoadedProgram;
      readonly diagnostics: readonly Diagnostic[];
      readonly grants: Grants;
      readonly project: Project;
      readonly opened: readonly Opened[];
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** @throws {Fault} when a package cannot be found or opened, or wants what was not granted. */
export async function loadProgram(request: LoadRequest): Promise<Loaded> {
  const project = await readProject(dirname(resolve(request.file)));
  const grants = grantsOf(project, request.grants);
  await using packages = new OpenPackages(request, project, grants);
  const { program, diagnostics } = await checkWith(packages, request);
  if (program === null) return { ok: false, diagnostics };
  refuseUngranted(program, grants);
  const opened = await packages.finish(program);
  const loaded = assemble(program, opened, grants);
  packages.release();
  return { ok: true, program: loaded, diagnostics, grants, project, opened };
}

/** All mistakes of a program, without loading more than its packages' types. */
export async function checkOnly(request: LoadRequest): Promise<readonly Diagnostic[]> {
  const project = await readProject(dirname(resolve(request.file)));
  await using packages = new OpenPackages(request, project, grantsOf(project, request.grants));
  return (await checkWith(packages, request)).diagnostics;
}

async function checkWith(
  packages: OpenPackages,
  request: LoadRequest,
): Promise<{ program: CheckedProgram | null; diagnostics: readonly Diagnostic[] }> {
  const source = new Source(request.file, request.text);
  for (const { specifier, from } of requiredPackages(source, { file: readBeside }))
    await packages.open(specifier, from);
  await packages.openFunctions();
  return checkProgram(source, packages.environment());
}

function grantsOf(project: Project, texts: readonly string[]): Grants {
  const grants = new Grants();
  for (const capability of project.programGrants) grants.add(PROGRAM, capability);
  for (const [name, list] of project.grants) for (const capability of list) grants.add(name, capability);
  for (const text of texts) grants.addText(text);
  return grants;
}

/** The program itself is refused before the run, too, when it wants what it was not given. */
function refuseUngranted(program: CheckedProgram, grants: Grants): void {
  for (const { command } of program.shells) {
    if (grants.allows(PROGRAM, { kind: "run", name: command })) continue;
    // A command only known at run time may be covered by a narrower grant: asked again then.
    if (command === null && grants.of(PROGRAM).some((grant) => grant.kind === "run")) continue;
    const what = command === null ? "commands" : `\`${command}\``;
    throw new Fault("denied", `The program runs ${what}, which was not granted`, {
      source: PROGRAM,
      hint: `Add \`--grant run${command === null ? "" : `:${command}`}\``,
    });
  }
}

function assemble(program: CheckedProgram, opened: readonly Opened[], grants: Grants): LoadedProgram {
  const linkables = opened.map(linkable);
  const packages = opened.map(({ name, plugin }, at): LoadedPackage => {
    return {
      name,
      use: program.packages[at] ?? null,
      plugin,
      imports: linkOf(at, linkables),
      granted: { log: grants.allows(name, { kind: "log" }) },
    };
  });
  refuseCycles(packages);
  return {
    ir: compileProgram(program),
    params: program.params,
    result: program.functions[0]?.result ?? { kind: "Nil" },
    packages,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(packages.map(({ plugin }) => plugin[Symbol.asyncDispose]()));
    },
  };
}
