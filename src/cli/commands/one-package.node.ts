/**
 * One package by itself, opened as the project in the current folder would: at the level and with the limits that its policy
 * says, with what it was granted.
 */
import { randomBytes } from "node:crypto";
import { wallClock } from "../../engine/platform/clock.ts";
import { Grants } from "../../engine/load/grants.ts";
import { linkOf } from "../../engine/load/link.ts";
import { assertUsable, offersOf } from "../../engine/load/offered.ts";
import { packageProvider } from "../../engine/std/standard.node.ts";
import type { PackageFiles } from "../../host/manifest.ts";
import { openPlugin } from "../../host/open.node.ts";
import { withLimits } from "../../host/package/limits.ts";
import { readPackage, readProject } from "../../host/package/package.node.ts";
import { levelOf } from "../../host/package/project.ts";
import type { IsolationLevel, Project } from "../../host/package/project.ts";
import type { ImportedFunction, Instance, InstanceOptions, Plugin } from "../../host/plugin.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Invocation } from "../arguments.ts";
import { isolationIn } from "../isolation.ts";
import type { Terminal } from "../terminal.node.ts";
import { alone } from "./plugin-call.ts";

export interface Placed {
  /** With its limits in its manifest. */
  readonly files: PackageFiles;
  readonly level: IsolationLevel;
  readonly project: Project;
}

/** Where a package would run for a program in the current folder. */
export async function placed(place: string, said?: IsolationLevel): Promise<Placed> {
  const [files, project] = await Promise.all([readPackage(place), readProject(process.cwd())]);
  const level = levelOf(project, { names: [place, files.manifest.name], place: files.place }, said);
  return { files: withLimits(files, project, level), level, project };
}

/** A package with one instance, under the policy and the grants of the command line. The caller disposes it. */
export class OnePackage implements AsyncDisposable {
  readonly plugin: Plugin;
  readonly #opened: AsyncDisposableStack;
  readonly #grants: Grants;
  readonly #project: Project;
  readonly #terminal: Terminal;

  private constructor(
    plugin: Plugin,
    opened: AsyncDisposableStack,
    grants: Grants,
    project: Project,
    terminal: Terminal,
  ) {
    this.plugin = plugin;
    this.#opened = opened;
    this.#grants = grants;
    this.#project = project;
    this.#terminal = terminal;
  }

  /** @throws {Fault} `denied` when it asks for what was not granted, and what is wrong with the package */
  static async open(place: string, invocation: Invocation, terminal: Terminal): Promise<OnePackage> {
    const { files, level, project } = await placed(place, isolationIn(invocation));
    const { name, wants } = files.manifest;
    const grants = new Grants();
    for (const capability of project.grants.get(name) ?? []) grants.add(name, capability);
    for (const grant of invocation.values("grant")) grants.addText(grant.includes("=") ? grant : `${name}=${grant}`);
    grants.assertCovers(name, wants);
    await using opened = new AsyncDisposableStack();
    const plugin = opened.use(await openPlugin(files, { warn: (line) => terminal.warn(line), isolation: level }));
    assertUsable(plugin.world, files.manifest);
    return new OnePackage(plugin, opened.move(), grants, project, terminal);
  }

  /** The caller disposes it. */
  async start(): Promise<Instance> {
    const { name } = this.plugin.manifest;
    const isHeard = this.#grants.allows(name, { kind: "log" });
    return await alone(this.plugin, {
      ...this.#ordinary(),
      imports: await this.#provided(),
      log: (line) => {
        if (isHeard) this.#terminal.warn(`${line.level} ${name}: ${line.text}`);
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opened[Symbol.asyncDispose]();
  }

  /** What it was granted of the user's, as its program would have it. */
  async #provided(): Promise<ReadonlyMap<FunctionKey, ImportedFunction>> {
    const { manifest, world } = this.plugin;
    const names = offersOf(world, (kind) => this.#grants.of(manifest.name).some((grant) => grant.kind === kind));
    if (names.length === 0) return new Map();
    const options = { folder: this.#project.folder, grants: this.#grants, secrets: {} };
    const provider = this.#opened.use(packageProvider(names, manifest.name, options));
    const instance = this.#opened.use(
      await provider.instantiate({ ...this.#ordinary(), id: 2, imports: new Map(), log: () => {} }),
    );
    const self = {};
    const links = linkOf(0, [
      { name: manifest.name, world, embedder: false, self },
      { name: provider.manifest.name, world: provider.world, embedder: false, serves: self },
    ]);
    return new Map(
      [...links].map(([key, { function: fn }]) => [
        key,
        { colour: "async" as const, call: (args) => instance.call(fn, args) } satisfies ImportedFunction,
      ]),
    );
  }

  #ordinary(): Pick<InstanceOptions, "id" | "seed" | "now" | "sleep"> {
    const { signal } = new AbortController();
    return {
      id: 1,
      seed: randomBytes(32),
      now: wallClock.now,
      sleep: (milliseconds) => wallClock.sleep(milliseconds, signal),
    };
  }
}
