/** Python packages in memory, and instances of them, for the tests of the Python guest. */
import type { FunctionKey } from "../../src/wit/types.ts";
import type { Manifest, PackageFiles } from "../../src/host/manifest.ts";
import type { ImportedFunction, InstanceOptions, LogLine } from "../../src/host/plugin.ts";
import { Fault } from "../../src/fault.ts";

/** A package whose files are given as text; `app.py` is its source and `world.wit` its WIT. */
export function pythonPackage(files: Readonly<Record<string, string>>, manifest: Partial<Manifest> = {}): PackageFiles {
  const found = (path: string): Uint8Array => {
    const text = files[path];
    if (text === undefined) throw new Fault("package-invalid", `there is no file ${path}`);
    return new TextEncoder().encode(text);
  };
  return {
    manifest: {
      name: "test:plugin",
      version: "1.0.0",
      language: "python",
      wit: "world.wit",
      source: "app.py",
      wants: [],
      limits: {},
      stateless: false,
      overlap: false,
      onFailure: "lost",
      effects: {},
      ...manifest,
    },
    place: "memory",
    read: async (path) => found(path),
    list: async (folder) =>
      Object.keys(files)
        .filter((path) => folder === "" || path.startsWith(`${folder}/`))
        .sort(),
  };
}

let lastId = 0;

/** Instance options with a frozen clock, a fixed seed, and lines collected in `lines`. */
export function surroundings(
  imports: Readonly<Record<FunctionKey, ImportedFunction>> = {},
  options: Partial<InstanceOptions> = {},
): InstanceOptions & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  lastId += 1;
  return {
    id: lastId,
    imports: new Map(Object.entries(imports)),
    seed: new Uint8Array(32).fill(7),
    now: () => 1_700_000_000_000,
    log: (line) => void lines.push(line),
    sleep: async () => undefined,
    lines,
    ...options,
  };
}
