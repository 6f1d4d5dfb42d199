/**
 * From source text to a program that can run: packages found and opened, checked, compiled, linked, and refused when it
 * wants what was not granted. Nothing of the program or a plugin has run when this returns.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Fault } from "../fault.ts";
import { javascriptPlugin } from "../host/javascript/plugin.ts";
import type { PackageFiles } from "../host/manifest.ts";
import { openPlugin } from "../host/open.node.ts";
import { readProject } from "../host/package/package.node.ts";
import type { Project } from "../host/package/project.ts";
import type { Plugin } from "../host/plugin.ts";
import { checkProgram, requiredPackages } from "../lang/check/check.ts";
import type { CheckEnvironment } from "../lang/check/check.ts";
import { compileProgram } from "../lang/compile/compile.ts";
import type { Diagnostic } from "../lang/diagnostic.ts";
import { Source } from "../lang/source.ts";
import type { CheckedProgram } from "../lang/typed.ts";
import { Grants, PROGRAM } from "./grants.ts";
import { linkOf, missingInterfaces, refuseCycles } from "./link.ts";
import type { LoadedPackage, LoadedProgram } from "./loaded.ts";
import { resolvePackage } from "./resolve.node.ts";
import { fsPlugin } from "./std/fs.node.ts";

export type HostFunction = (...args: never[]) => unknown;

export interface LoadRequest {
  /** As shown in messages, and from which relative requires start. */
  readonly file: string;
  readonly text: string;
  /** Functions of the embedding program, by the names that the program requires. */
  readonly functions: Readonly<Record<string, HostFunction>>;
  /** Their WIT: a world that exports them. Without it they take and give Any. */
  readonly wit: string | undefined;
  /** `[PACKAGE=]CAPABILITY`, beside the project's own. */
  readonly grants: readonly string[];
  readonly warn: (line: string) => void;
}

export interface Opened {
  readonly name: string;
  readonly specifier: string | null;
  readonly plugin: Plugin;
  readonly files: PackageFiles | null;
}

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

/** The packages of one program: disposes what it opened, unless the program took them over. */
class OpenPackages implements AsyncDisposable {
  readonly #request: LoadRequest;
  readonly #project: Project;
  readonly #grants: Grants;
  readonly #opened: Opened[] = [];
  readonly #problems = new Map<string, Fault>();
  #released = false;

  constructor(request: LoadRequest, project: Project, grants: Grants) {
    this.#request = request;
    this.#project = project;
    this.#grants = grants;
  }

  release(): void {
    this.#released = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#released) return;
    await Promise.all(this.#opened.map(({ plugin }) => plugin[Symbol.asyncDispose]()));
  }

  /** Opens a required package; a problem is kept for the checker, which shows it at the `require`. */
  async open(specifier: string, from: string): Promise<void> {
    if (this.#opened.some((pack) => pack.specifier === specifier)) return;
    try {
      this.#opened.push(await this.#load(specifier, resolve(from)));
    } catch (problem) {
      if (!(problem instanceof Fault)) throw problem;
      this.#problems.set(specifier, problem);
    }
  }

  async openFunctions(): Promise<void> {
    if (Object.keys(this.#request.functions).length === 0) return;
    const { wit } = this.#request;
    const plugin = await javascriptPlugin(this.#request.functions, {
      name: PROGRAM,
      ...(wit === undefined ? {} : { wit }),
    });
    this.#opened.push({ name: PROGRAM, specifier: null, plugin, files: null });
  }

  environment(): CheckEnvironment {
    return {
      file: readBeside,
      package: (specifier) => {
        const problem = this.#problems.get(specifier);
        if (problem !== undefined) {
          const unusable = problem.code !== "package-not-found" && problem.code !== "package-missing";
          return { problem: problem.message, unusable, ...(problem.hint === undefined ? {} : { hint: problem.hint }) };
        }
        const found = this.#opened.find((pack) => pack.specifier === specifier);
        if (found === undefined) return { problem: `There is no package ${specifier}` };
        const { world, manifest } = found.plugin;
        return { name: found.name, world, stateless: manifest.stateless };
      },
      functions: this.#functions(),
      packageNames: [...this.#project.dependencies.keys()],
      platform: { shell: true },
    };
  }

  /** By the names a program requires them by: with a WIT its own, else those of the object. */
  #functions(): CheckEnvironment["functions"] {
    const { functions, wit } = this.#request;
    if (wit === undefined) return new Map(Object.keys(functions).map((name) => [name, null]));
    return this.#opened.find((pack) => pack.specifier === null)?.plugin.world.exports.functions ?? new Map();
  }

  /** The packages in the order the program numbers them, then those that only answer other packages' imports. */
  async finish(program: CheckedProgram): Promise<readonly Opened[]> {
    const used = program.packages.map((use) => this.#opened.find((pack) => pack.specifier === use.specifier));
    const ordered = used.filter((pack) => pack !== undefined);
    ordered.push(...this.#opened.filter((pack) => !ordered.includes(pack)));
    for (let at = 0; at < ordered.length; at++) {
      for (const id of missingInterfaces(at, ordered.map(linkable))) {
        const provider = await this.#provider(id, ordered);
        if (provider !== null) ordered.push(provider);
      }
    }
    return ordered;
  }

  /** A dependency of the project that exports the interface: `acme:text/shout` is looked for in `acme:text` first. */
  async #provider(id: string, opened: readonly Opened[]): Promise<Opened | null> {
    const home = id.split("/")[0] ?? "";
    const names = [...this.#project.dependencies.keys()].filter((name) => !opened.some((pack) => pack.name === name));
    for (const name of names.toSorted((a, b) => Number(b === home) - Number(a === home))) {
      const pack = await this.#load(name, resolve(this.#request.file));
      this.#opened.push(pack);
      if (missingInterfaces(0, [linkable(wants(id)), linkable(pack)]).length === 0) return pack;
    }
    return null;
  }

  async #load(specifier: string, from: string): Promise<Opened> {
    const resolved = await resolvePackage(specifier, from, this.#project);
    if (resolved.kind === "standard") {
      const plugin = fsPlugin(this.#project.folder, fsGrants(this.#grants, this.#project.folder));
      return { name: resolved.name, specifier, plugin, files: null };
    }
    const { files } = resolved;
    const { name, wants: asked } = files.manifest;
    this.#grants.assertCovers(name, asked);
    const plugin = await openPlugin(files, { warn: this.#request.warn });
    return { name, specifier, plugin, files };
  }
}

/** A package that imports one interface, to ask whether another provides it. */
function wants(id: string): { name: string; specifier: string; plugin: Pick<Plugin, "world"> } {
  const empty = { interfaces: new Map(), functions: new Map(), types: new Map() };
  const iface = { id, types: new Map(), functions: new Map() };
  const world = { imports: { ...empty, interfaces: new Map([[id, iface]]) }, exports: empty };
  return { name: "", specifier: "", plugin: { world } };
}

function linkable(pack: { name: string; specifier: string | null; plugin: Pick<Plugin, "world"> }): {
  name: string;
  world: Plugin["world"];
  embedder: boolean;
} {
  return { name: pack.name, world: pack.plugin.world, embedder: pack.specifier === null };
}

function fsGrants(grants: Grants, folder: string): readonly { path: string; readOnly: boolean }[] {
  return grants
    .of(PROGRAM)
    .flatMap((grant) => (grant.kind === "fs" ? [{ path: resolve(folder, grant.path), readOnly: grant.readOnly }] : []));
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

/** Another file of the program: `require "./util.sennit"`. */
function readBeside(from: string, path: string): { name: string; text: string } | null {
  const name = dirname(from) === "." ? path.replace(/^\.\//, "") : `${dirname(from)}/${path.replace(/^\.\//, "")}`;
  try {
    return { name, text: readFileSync(resolve(dirname(from), path), "utf8") };
  } catch {
    return null;
  }
}
