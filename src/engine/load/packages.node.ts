/**
 * The packages of one program: those it requires, the functions of the embedding program, and those that only answer what
 * other packages import. Opened here, and disposed here unless a program takes them over.
 */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Fault } from "../../fault.ts";
import type { Manifest, PackageFiles } from "../../host/manifest.ts";
import type { OfferName } from "../../host/offers.ts";
import { openPlugin } from "../../host/open.node.ts";
import { withLimits } from "../../host/package/limits.ts";
import { type IsolationLevel, levelOf, type Project } from "../../host/package/project.ts";
import type { Plugin } from "../../host/plugin.ts";
import type { Parcel } from "../../host/remote/frames/parcel.ts";
import type { CheckEnvironment } from "../../lang/check/check.ts";
import type { CheckedProgram } from "../../lang/typed.ts";
import { PROGRAM, whatIsMissing } from "./grants.ts";
import type { Grants, Ungranted } from "./grants.ts";
import { assertUsable, offersOf } from "./offered.ts";
import { missingInterfaces, provides } from "./link.ts";
import type { Linkable } from "./link.ts";
import { goesInside, parcelOf } from "../realm/parcels.node.ts";
import { resolvePackage } from "./resolve.node.ts";
import { packageProvider, standardPlugin } from "../std/standard.node.ts";
import type { StandardOptions } from "../std/standard.node.ts";

export type HostFunction = (...args: never[]) => unknown;

export interface LoadRequest {
  /** As shown in messages, and from which relative requires start. */
  readonly file: string;
  readonly text: string;
  /** Functions of the embedding program, by the names that the program requires. */
  readonly functions?: Readonly<Record<string, HostFunction>> | undefined;
  /** Their WIT: a world that exports them. Without it they take and give Any. */
  readonly wit?: string | undefined;
  /** What becomes of a call of one whose answer a durable run has lost; `once` unless given. */
  readonly effects?: Plugin["manifest"]["effects"] | undefined;
  /** `[PACKAGE=]CAPABILITY`, beside the project's own. */
  readonly grants: readonly string[];
  /** Values for `secret:<NAME>`, before those of the environment. */
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  readonly warn: (line: string) => void;
  /** Where packages run of which the project says nothing by name. Absent: as the project and `levelOf` say. */
  readonly isolation?: IsolationLevel | undefined;
  /** Whether components and Lua at L1 may be beside the VM in a worker. False: the VM is here, and each has its own thread. */
  readonly besideVm?: boolean;
  /** Whom the runs are for: those of two principals never share a worker. Absent: whoever owns the project's folder. */
  readonly principal?: string | undefined;
}

export interface Opened {
  readonly name: string;
  readonly specifier: string | null;
  readonly plugin: Plugin;
  readonly files: PackageFiles | null;
  /** Its folder or file; absent for what comes with the host. */
  readonly place?: string;
  /** What a run worker opens, where it is not opened here. */
  readonly parcel?: Parcel;
  /** The package that this provider alone answers. */
  readonly serves?: Opened;
}

/** The packages of one program: disposes what it opened, unless the program took them over. */
export class OpenPackages implements AsyncDisposable {
  readonly #request: LoadRequest;
  readonly #project: Project;
  readonly #grants: Grants;
  readonly #opened: Opened[] = [];
  readonly #problems = new Map<string, Fault>();
  /** What packages want and were not given, by their specifiers. */
  readonly #ungranted = new Map<string, Ungranted>();
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

  /** A package cannot be used after all, which the checker shows at the `require`. */
  refuse({ specifier }: Opened, problem: Fault): void {
    if (specifier !== null) this.#problems.set(specifier, problem);
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
    const { functions = {}, wit, effects = {} } = this.#request;
    if (Object.keys(functions).length === 0) return;
    const { javascriptPlugin } = await import("../../host/javascript/plugin.ts");
    const plugin = await javascriptPlugin(functions, {
      name: PROGRAM,
      effects,
      ...(wit === undefined ? {} : { wit }),
    });
    this.#opened.push({ name: PROGRAM, specifier: null, plugin, files: null });
  }

  get ungranted(): readonly Ungranted[] {
    return [...this.#ungranted.values()];
  }

  /** @param flags what would grant everything that is missing: packages that miss some of it are refused then, with these */
  environment(flags: string | null = null): CheckEnvironment {
    return {
      file: readBeside,
      package: (specifier) => {
        const problem = this.#problems.get(specifier);
        const missing = this.#ungranted.get(specifier);
        if (flags !== null && missing !== undefined)
          return { problem: whatIsMissing([missing]), unusable: true, hint: `Add \`${flags}\`` };
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
    const { functions = {}, wit } = this.#request;
    if (wit === undefined) return new Map(Object.keys(functions).map((name) => [name, null]));
    return this.#opened.find((pack) => pack.specifier === null)?.plugin.world.exports.functions ?? new Map();
  }

  /**
   * The packages in the order the program numbers them, then those that only answer other packages' imports.
   *
   * @throws {Fault} `link-failed` for an interface that no package of the project exports
   */
  async finish(program: CheckedProgram): Promise<readonly Opened[]> {
    const used = program.packages.map((use) => this.#opened.find((pack) => pack.specifier === use.specifier));
    const ordered = used.filter((pack) => pack !== undefined);
    ordered.push(...this.#opened.filter((pack) => !ordered.includes(pack) && !this.#isIdle(pack)));
    for (let at = 0; at < ordered.length; at++) {
      // One provider may answer several of them.
      for (let id = firstMissing(at, ordered); id !== undefined; id = firstMissing(at, ordered)) {
        const provider = await this.#provider(id, ordered);
        if (provider === null) throw missing(ordered[at]?.name ?? "", id, this.#project);
        ordered.push(provider);
      }
    }
    return [...ordered, ...ordered.flatMap((pack) => this.#capabilities(pack))];
  }

  /** Functions that the program does not require, and nobody can import: a stored run is not bound to them. */
  #isIdle({ specifier }: Opened): boolean {
    return specifier === null && this.#request.wit === undefined;
  }

  /** Answers what a package uses of the user's, under its own grants (L4 in link.ts). */
  #capabilities(pack: Opened): readonly Opened[] {
    if (pack.specifier === null) return [];
    const granted = this.#grants.of(pack.name);
    const names = offersOf(pack.plugin.world, (kind) => granted.some((grant) => grant.kind === kind));
    if (names.length === 0) return [];
    const name = `sennit:host (${pack.name})`;
    const provider = { name, specifier: name, plugin: this.#provided(names, pack.name), files: null, serves: pack };
    this.#opened.push(provider);
    return [provider];
  }

  #provided(names: readonly OfferName[], holder: string): Plugin {
    return packageProvider(names, holder, this.#standard());
  }

  #standard(): StandardOptions {
    return { folder: this.#project.folder, grants: this.#grants, secrets: this.#request.secrets ?? {} };
  }

  /** A dependency of the project that exports the interface: `acme:text/shout` is looked for in `acme:text` first. */
  async #provider(id: string, opened: readonly Opened[]): Promise<Opened | null> {
    const home = id.split("/")[0] ?? "";
    const names = [...this.#project.dependencies.keys()].filter((name) => !opened.some((pack) => pack.name === name));
    for (const name of names.toSorted((a, b) => Number(b === home) - Number(a === home))) {
      const pack = await this.#candidate(name, id);
      if (pack !== null) return pack;
    }
    return null;
  }

  /** A dependency, when it provides the interface. One that the program does not need may be missing or want too much. */
  async #candidate(name: string, id: string): Promise<Opened | null> {
    const resolved = await resolvePackage(name, resolve(this.#request.file), this.#project).catch(onlyFault);
    if (resolved instanceof Fault || resolved.kind === "standard") return null;
    const opened = await this.#openFiles(resolved.files, name).catch(onlyFault);
    if (opened instanceof Fault) return null;
    const { plugin } = opened;
    const pack: Opened = { name: resolved.files.manifest.name, specifier: name, ...opened };
    if (!provides(plugin.world, id)) {
      await plugin[Symbol.asyncDispose]();
      return null;
    }
    this.#opened.push(pack);
    assertUsable(plugin.world, resolved.files.manifest);
    this.#look(name, resolved.files.manifest);
    return pack;
  }

  async #load(specifier: string, from: string): Promise<Opened> {
    const resolved = await resolvePackage(specifier, from, this.#project);
    if (resolved.kind === "standard") {
      return { name: resolved.name, specifier, plugin: standardPlugin(resolved.name, this.#standard()), files: null };
    }
    const { files } = resolved;
    const opened = await this.#openFiles(files, specifier);
    try {
      assertUsable(opened.plugin.world, files.manifest);
    } catch (refused) {
      await opened.plugin[Symbol.asyncDispose]();
      throw refused;
    }
    this.#look(specifier, files.manifest);
    return { name: files.manifest.name, specifier, ...opened };
  }

  /** Remembers what a package wants and was not given: nothing of it runs then, and all is named at once. */
  #look(specifier: string, { name, wants }: Manifest): void {
    for (const missing of this.#grants.missing(name, wants)) this.#ungranted.set(specifier, missing);
  }

  /**
   * Opens a package where the project says that it runs. One that needs a process of its own goes without files: calls on
   * other cores are made in threads.
   */
  async #openFiles(
    files: PackageFiles,
    specifier: string,
  ): Promise<Pick<Opened, "plugin" | "files" | "parcel" | "place">> {
    const pack = { names: [specifier, files.manifest.name], place: files.place };
    const isolation = levelOf(this.#project, pack, this.#request.isolation);
    const limited = withLimits(files, this.#project, isolation);
    const isInside = isolation === "L1" && this.#request.besideVm !== false && goesInside(limited, isolation);
    const { place } = files;
    if (isInside) return { ...(await parcelOf(limited)), files, place };
    const plugin = await openPlugin(limited, { warn: this.#request.warn, isolation });
    return { plugin, files: isolation === "L2" ? null : files, place };
  }
}

function firstMissing(at: number, packages: readonly Opened[]): string | undefined {
  return missingInterfaces(at, packages.map(linkable))[0];
}

function onlyFault(failure: unknown): Fault {
  if (failure instanceof Fault) return failure;
  throw failure;
}

function missing(name: string, id: string, project: Project): Fault {
  const home = id.split("/")[0] ?? "";
  return new Fault("link-failed", `${name} imports ${id}, and no package here provides it`, {
    source: name,
    hint: `Add a package that exports it to [dependencies] of ${project.file ?? "sennit.toml"}: \`"${home}" = { path = "…" }\``,
  });
}

/** A package as linking sees it. */
export function linkable(pack: Opened): Linkable {
  const { name, plugin, specifier, serves } = pack;
  const only = serves === undefined ? {} : { serves };
  return { name, world: plugin.world, embedder: specifier === null, self: pack, ...only };
}

/** Another file of the program: `require "./util.sennit"`. */
export function readBeside(from: string, path: string): { name: string; text: string } | null {
  const name = dirname(from) === "." ? path.replace(/^\.\//, "") : `${dirname(from)}/${path.replace(/^\.\//, "")}`;
  try {
    return { name, text: readFileSync(resolve(dirname(from), path), "utf8") };
  } catch {
    return null;
  }
}
