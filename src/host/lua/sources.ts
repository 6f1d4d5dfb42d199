/** The Lua files of a package, and the names by which `require` finds them. */
import type { PackageFiles } from "../manifest.ts";
import { sourceFolder } from "../package-text.ts";

export interface LuaSource {
  /** `util/text.lua`, as tracebacks show it. */
  readonly path: string;
  /** `util.text`, as `require` names it. */
  readonly module: string;
  readonly text: Uint8Array;
}

export interface Sources {
  readonly main: LuaSource;
  /** The others below the main file's folder, by path. */
  readonly modules: readonly LuaSource[];
}

/** @throws {Fault} `package-invalid` when the main file is not there */
export async function readSources(files: PackageFiles): Promise<Sources> {
  const main = files.manifest.source;
  const folder = sourceFolder(files);
  const read = async (path: string): Promise<LuaSource> => {
    return { path, module: moduleName(path, folder), text: withoutMark(await files.read(path)) };
  };
  const paths = (await files.list(folder)).filter((path) => path.endsWith(".lua") && path !== main);
  return { main: await read(main), modules: await Promise.all(paths.map(read)) };
}

function moduleName(path: string, folder: string): string {
  const below = folder === "" ? path : path.slice(folder.length + 1);
  return below
    .replace(/\/init\.lua$/, "")
    .replace(/\.lua$/, "")
    .replaceAll("/", ".");
}

/** Lua's loader for memory, unlike the one for files, knows neither a byte order mark nor a first line that starts with `#`. */
function withoutMark(text: Uint8Array): Uint8Array {
  const start = text[0] === 0xef && text[1] === 0xbb && text[2] === 0xbf ? 3 : 0;
  if (text[start] !== 0x23) return text.subarray(start);
  const end = text.indexOf(0x0a, start);
  return end < 0 ? new Uint8Array(0) : text.subarray(end);
}
