/**
 * From source text to a program that can run: packages found and opened, checked, compiled, linked, and refused when it
 * wants what was not granted. Nothing of the program or a plugin has run when this returns.
 */
import { dirname, resolve } from "node:path";
import { readProject } from "../../host/package/package.node.ts";
import { effectiveRunLimits } from "../../host/package/limits.ts";
import type { Project } from "../../host/package/project.ts";
import { checkProgram, requiredPackages } from "../../lang/check/check.ts";
import { compileProgram } from "../../lang/compile/compile.ts";
import type { Diagnostic } from "../../lang/diagnostic.ts";
import { Source } from "../../lang/source.ts";
import type { CheckedProgram } from "../../lang/typed.ts";
import { grantFlags, Grants, PROGRAM, refuseUngranted } from "./grants.ts";
import type { Ungranted } from "./grants.ts";
import { linkOf, refuseCycles } from "./link.ts";
import type { LoadedPackage, LoadedProgram } from "./loaded.ts";
import { linkable, OpenPackages, readBeside } from "./packages.node.ts";
import type { LoadRequest, Opened } from "./packages.node.ts";
import type { placeProgram } from "../realm/place.node.ts";
import { NotOpened } from "../realm/lost.ts";

export type Loaded =
  | {
      readonly ok: true;
      readonly program: LoadedProgram;
      /** Its source and the names of its variables, for whoever shows what a run did. */
      readonly checked: CheckedProgram;
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
  const checked = await checkWith(packages, request);
  const { program, diagnostics } = checked;
  if (program === null) return { ok: false, diagnostics };
  const opened = await packages.finish(program);
  const missing = [...packages.ungranted, ...ungrantedCommands(program, grants)];
  const refused = missing.length === 0 ? null : checked.refuse(grantFlags(missing));
  // Packages are refused where they are required; what is left has no place in the program.
  if (refused?.program === null) return { ok: false, diagnostics: refused.diagnostics };
  refuseUngranted(missing);
  const loaded = { ...assemble(program, opened, grants), limits: effectiveRunLimits(project) };
  const placed = await placeOrRefuse(loaded, opened, packages, trustOf(project, request));
  if (placed instanceof NotOpened) {
    const again = await checkWith(packages, request);
    if (again.program === null) return { ok: false, diagnostics: again.diagnostics };
    throw placed.fault; // it only answers other packages' imports: no place in the program shows it
  }
  packages.release();
  return { ok: true, program: placed, checked: program, diagnostics, grants, project, opened };
}

/** Who trusts whom as far as to share a run worker: programs of one folder with the same grants. */
function trustOf({ folder, programGrants, grants }: Project, request: LoadRequest): Parameters<typeof placeProgram>[2] {
  const own = [...programGrants].map((grant) => [PROGRAM, grant]);
  const others = [...grants].map(([name, list]) => [name, ...list]);
  return {
    principal: request.principal ?? folder,
    grants: [...[...own, ...others].map((grant) => JSON.stringify(grant)), ...request.grants],
  };
}

/** With a run worker, when a package of it is to be in one: what that cannot open is refused. */
async function placeOrRefuse(
  program: LoadedProgram,
  opened: readonly Opened[],
  packages: OpenPackages,
  trust: Parameters<typeof placeProgram>[2],
): Promise<LoadedProgram | NotOpened> {
  if (opened.every(({ parcel }) => parcel === undefined)) return program; // and needs nothing of what follows
  const { placeProgram } = await import("../realm/place.node.ts");
  try {
    const elsewhere = await placeProgram(program, opened, trust);
    if (elsewhere === null) return program;
    const dispose = async (): Promise<void> => {
      await elsewhere[Symbol.asyncDispose]();
      await program[Symbol.asyncDispose]();
    };
    return { ...program, elsewhere, [Symbol.asyncDispose]: dispose };
  } catch (thrown) {
    const pack = thrown instanceof NotOpened ? opened[thrown.package] : undefined;
    if (pack === undefined) throw thrown instanceof NotOpened ? thrown.fault : thrown;
    packages.refuse(pack, (thrown as NotOpened).fault);
    return thrown as NotOpened;
  }
}

/** All mistakes of a program, without loading more than its packages' types. */
export async function checkOnly(request: LoadRequest): Promise<readonly Diagnostic[]> {
  const project = await readProject(dirname(resolve(request.file)));
  await using packages = new OpenPackages(request, project, grantsOf(project, request.grants));
  const checked = await checkWith(packages, request);
  const { ungranted } = packages;
  return ungranted.length === 0 ? checked.diagnostics : checked.refuse(grantFlags(ungranted)).diagnostics;
}

interface Checked {
  readonly program: CheckedProgram | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** `refuse` checks again, without the packages that want what was not granted. */
async function checkWith(
  packages: OpenPackages,
  request: LoadRequest,
): Promise<Checked & { readonly refuse: (flags: string) => Checked }> {
  const source = new Source(request.file, request.text);
  for (const { specifier, from } of requiredPackages(source, { file: readBeside }))
    await packages.open(specifier, from);
  await packages.openFunctions();
  const refuse = (flags: string): Checked => checkProgram(source, packages.environment(flags));
  const checked = checkProgram(source, packages.environment());
  if (checked.program !== null || packages.ungranted.length === 0) return { ...checked, refuse };
  return { ...refuse(grantFlags(packages.ungranted)), refuse };
}

function grantsOf(project: Project, texts: readonly string[]): Grants {
  const grants = new Grants();
  for (const capability of project.programGrants) grants.add(PROGRAM, capability);
  for (const [name, list] of project.grants) for (const capability of list) grants.add(name, capability);
  for (const text of texts) grants.addText(text);
  return grants;
}

/** What the program itself runs and was not granted. */
function ungrantedCommands(program: CheckedProgram, grants: Grants): readonly Ungranted[] {
  const wanted = program.shells.filter(({ command }) => {
    if (grants.allows(PROGRAM, { kind: "run", name: command })) return false;
    // A command only known at run time may be covered by a narrower grant: asked again then.
    return command !== null || !grants.of(PROGRAM).some((grant) => grant.kind === "run");
  });
  if (wanted.length === 0) return [];
  const names = new Set(wanted.map(({ command }) => command));
  return [{ holder: PROGRAM, capabilities: [...names].map((name) => ({ kind: "run", name })) }];
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
