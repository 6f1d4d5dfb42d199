/** What a realm may read of this machine: the host's own code, and the interpreter of its language. */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Language } from "../../manifest.ts";

/** @param entry the module that the realm begins with */
export function readable(entry: URL, language: Language): readonly string[] {
  const here = fileURLToPath(import.meta.url);
  const host = dirname(dirname(dirname(here)));
  const source = dirname(host);
  const own = [`${host}/*`, `${source}/wit/*`, `${source}/fault.ts`, `${source}/fault.js`, fileURLToPath(entry)];
  if (language === "lua") own.push(...packageFolders("wasmoon", "dist/glue.wasm"));
  if (language === "python") own.push(...packageFolders("pyodide", "package.json"), ...guestFolders(source));
  return own;
}

/** Where a package really lies, and where it is found: some installers make links. */
function packageFolders(name: string, file: string): readonly string[] {
  const { resolve } = createRequire(import.meta.url);
  const found = resolve(`${name}/${file}`);
  const real = found.slice(0, found.length - file.length - 1);
  const links = (resolve.paths(name) ?? []).map((folder) => join(folder, name));
  return [real, ...links].flatMap((folder) => [folder, `${folder}/*`]);
}

/** Where the host looks for the guest side's Python: below its own folders, one after the other. */
function guestFolders(source: string): readonly string[] {
  const above = dirname(source);
  return [source, above, dirname(above)].flatMap((folder) => {
    const guest = join(folder, "plugins", "python");
    return [guest, `${guest}/*`];
  });
}
