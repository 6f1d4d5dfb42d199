/** Packages made of texts, and instances of them, for the tests of source languages. */
import { Fault } from "../../src/fault.ts";
import { luaPlugin } from "../../src/host/lua/plugin.ts";
import type { Language, Manifest, PackageFiles } from "../../src/host/manifest.ts";
import type { ImportedFunction, InstanceOptions, LogLine, Plugin } from "../../src/host/plugin.ts";

export interface TextPackage {
  readonly wit: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly manifest?: Partial<Manifest>;
  readonly language?: Language;
}

/** A package without a folder. */
export function packageOf({ wit, files, manifest = {}, language = "lua" }: TextPackage): PackageFiles {
  const encoder = new TextEncoder();
  const contents = new Map<string, Uint8Array>([["world.wit", encoder.encode(wit)]]);
  for (const [path, content] of Object.entries(files)) {
    contents.set(path, typeof content === "string" ? encoder.encode(content) : content);
  }
  return {
    manifest: {
      name: "acme:sample",
      version: "1.0.0",
      language,
      wit: "world.wit",
      source: Object.keys(files)[0] ?? "main.lua",
      wants: [],
      limits: {},
      stateless: false,
      overlap: false,
      onFailure: "lost",
      effects: {},
      ...manifest,
    },
    place: "sample",
    read: (path) => {
      const found = contents.get(path);
      if (found !== undefined) return Promise.resolve(found);
      return Promise.reject(new Fault("package-invalid", `there is no ${path}`));
    },
    list: (folder) =>
      Promise.resolve([...contents.keys()].filter((path) => folder === "" || path.startsWith(`${folder}/`)).toSorted()),
  };
}

/** A world and the file that returns its functions. */
export function lua(wit: string, source: string, manifest: Partial<Manifest> = {}): Promise<Plugin> {
  return luaPlugin(packageOf({ wit: `package acme:sample@1.0.0;\n${wit}`, files: { "main.lua": source }, manifest }));
}

export interface Settings extends Partial<Omit<InstanceOptions, "imports">> {
  readonly imports?: Readonly<Record<string, ImportedFunction>>;
}

export function settings(given: Settings = {}): InstanceOptions {
  return {
    id: 1,
    seed: new Uint8Array(32),
    now: () => Date.UTC(2026, 0, 2, 3, 4, 5),
    log: () => {},
    sleep: () => Promise.resolve(),
    ...given,
    imports: new Map(Object.entries(given.imports ?? {})),
  };
}

/** Collects what is logged. */
export function logBook(): { readonly lines: LogLine[]; readonly log: (line: LogLine) => void } {
  const lines: LogLine[] = [];
  return { lines, log: (line) => lines.push(line) };
}

/** The fault that something fails with. */
export async function faultFrom(work: () => unknown): Promise<Fault> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("it did not fail");
}
