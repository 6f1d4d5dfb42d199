/** Worlds made running instances: one component each, and one package of each other language for all of them. */
import type { Instance, Plugin } from "../../../src/host/plugin.ts";
import { worldFromText } from "../../../src/host/wit-source.ts";
import { plainOptions } from "../options.ts";
import { componentOf } from "./component.ts";
import { isForJco, withoutImports } from "./exceptions.ts";
import { Host } from "./host.ts";
import { luaSource } from "./lua.ts";
import { exportsOf, type GeneratedWorld } from "./model.ts";
import { pythonFiles } from "./python.ts";
import { witText } from "./text.ts";

/** A running instance of a world, or of several at once. The caller disposes it. */
export class Realisation implements AsyncDisposable {
  readonly name: string;
  readonly host: Host;
  readonly plugin: Plugin;
  readonly instance: Instance;
  /** Keys of the functions that it leaves out (exceptions.ts). */
  readonly leaves: ReadonlySet<string>;

  constructor(name: string, host: Host, plugin: Plugin, instance: Instance, leaves: ReadonlySet<string>) {
    this.name = name;
    this.leaves = leaves;
    this.host = host;
    this.plugin = plugin;
    this.instance = instance;
  }

  /** @param whole the worlds as they were generated, of which `made` are what this realisation can have */
  static async of(
    name: string,
    plugin: Plugin,
    whole: readonly GeneratedWorld[],
    made: readonly GeneratedWorld[],
  ): Promise<Realisation> {
    const host = new Host();
    const has = keysOf(made);
    const leaves = new Set([...keysOf(whole)].filter((key) => !has.has(key)));
    try {
      const instance = await plugin.instantiate(plainOptions({ id: lastId++, imports: host.imports(made) }));
      return new Realisation(name, host, plugin, instance, leaves);
    } catch (thrown) {
      await plugin[Symbol.asyncDispose]();
      throw thrown;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.instance[Symbol.asyncDispose]();
    await this.plugin[Symbol.asyncDispose]();
  }
}

let lastId = 1;

function keysOf(worlds: readonly GeneratedWorld[]): ReadonlySet<string> {
  return new Set(worlds.flatMap((world) => exportsOf(world).map(({ key }) => key)));
}

export type Language = "component" | "python" | "lua" | "javascript";
export const LANGUAGES: readonly Language[] = ["component", "python", "lua", "javascript"];

/** The packages that hold all of these worlds, each in a language other than WebAssembly. */
export async function realiseTogether(
  worlds: readonly GeneratedWorld[],
  languages: readonly Language[] = LANGUAGES,
): Promise<Realisation[]> {
  const all = languages.filter((each) => each !== "component");
  return Promise.all(
    all.map(async (language) => {
      const made = language === "javascript" ? worlds.map(withoutImports) : worlds;
      return Realisation.of(language, await opened(language, made), worlds, made);
    }),
  );
}

async function opened(language: Language, worlds: readonly GeneratedWorld[]): Promise<Plugin> {
  const wit = witText(worlds);
  switch (language) {
    case "lua": {
      const { luaPlugin } = await import("../../../src/host/lua/plugin.ts");
      const { packageOf } = await import("../../host/lua-package.ts");
      return luaPlugin(packageOf({ wit, files: { "main.lua": luaSource(worlds) } }));
    }
    case "python": {
      const { openPython } = await import("../../host/python-opened.ts");
      const { pythonPackage } = await import("../../host/python-package.ts");
      const { imports, exports } = await worldFromText(wit);
      const ids = [...new Set([...imports.interfaces.keys(), ...exports.interfaces.keys()])];
      return openPython(pythonPackage({ ...pythonFiles(worlds, ids), "world.wit": wit }));
    }
    case "javascript": {
      const { javascriptPlugin } = await import("../../../src/host/javascript/plugin.ts");
      const { javascriptFunctions } = await import("./javascript.ts");
      return javascriptPlugin(javascriptFunctions(worlds), { wit });
    }
    case "component":
      throw new Error("each world is a component of its own");
  }
}

/** One world as a component, linked in both ways. */
export async function realiseComponent(
  world: GeneratedWorld,
  paths: readonly ("direct" | "jco")[] = isForJco(world) ? ["direct", "jco"] : ["direct"],
): Promise<Realisation[]> {
  const { pluginFromBytes } = await import("../../host/component-fixtures.ts");
  const bytes = await componentOf(world);
  const made: Realisation[] = [];
  for (const path of paths) {
    made.push(
      await Realisation.of(`component (${path})`, await pluginFromBytes(bytes, {}, { path }), [world], [world]),
    );
  }
  return made;
}
