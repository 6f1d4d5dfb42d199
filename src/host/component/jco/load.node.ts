/**
 * Code loaded in Node: transpiled in a thread, once per component, options and version of jco; kept on disk, with V8's code
 * for the script beside it, and with a mark that says no more than that jco found the component valid.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Script } from "node:vm";

import { decode, encode } from "cborg";

import { DiskCache, userCacheFolder } from "../../cache.node.ts";
import type { Binding, CodeRequest, LoadCode } from "./code.ts";
import { bindingOf } from "./load.ts";
import type { CompileScript } from "./script.ts";
import { transpile, TRANSPILER, type Transpile, type Transpiled } from "./transpile.ts";
import { transpileInWorker } from "./transpile.node.ts";

export interface NodeLoadOptions {
  /** The folder that keeps transpiled components; this user's cache folder unless given. */
  readonly cacheFolder?: string;
  readonly transpile?: Transpile;
}

export function nodeLoader({ cacheFolder, transpile: transpiler = transpileInWorker }: NodeLoadOptions = {}): LoadCode {
  const cache = new DiskCache(cacheFolder ?? join(userCacheFolder(), "components"));
  return async (request) => {
    const key = keyOf(request);
    let transpiled: Transpiled | undefined;
    if ((await cache.get(`${key}.valid`)) === undefined) {
      transpiled = await kept(request, key, cache, transpiler);
      await cache.put(`${key}.valid`, new Uint8Array());
    }
    return {
      binding: once(async () => {
        const entry = transpiled ?? readTranspiled(await cache.get(`${key}.component`));
        return cachedBinding(entry ?? (await kept(request, key, cache, transpiler)), key, request.memory, cache);
      }),
    };
  };
}

/** Loads without a thread and without a cache. */
export const loadHere: LoadCode = async ({ bytes, options, memory }) => {
  const transpiled = await transpile(bytes, options);
  return {
    binding: once(() => Promise.resolve(bindingOf(transpiled, memory, new CachedCompiler(undefined).compile))),
  };
};

async function cachedBinding(transpiled: Transpiled, key: string, memory: number, cache: DiskCache): Promise<Binding> {
  const codeKey = `${key}.${V8}.code`;
  const compiler = new CachedCompiler(await cache.get(codeKey));
  const binding = bindingOf(transpiled, memory, compiler.compile);
  if (compiler.fresh !== undefined) await cache.put(codeKey, compiler.fresh);
  return binding;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

async function kept(
  { bytes, options }: CodeRequest,
  key: string,
  cache: DiskCache,
  transpiler: Transpile,
): Promise<Transpiled> {
  const transpiled = await transpiler(bytes, options);
  await cache.put(`${key}.component`, encode({ script: transpiled.script, cores: [...transpiled.cores] }));
  return transpiled;
}

function readTranspiled(bytes: Uint8Array | undefined): Transpiled | undefined {
  if (bytes === undefined) return undefined;
  const { script, cores } = decode(bytes) as { script: string; cores: [string, Uint8Array<ArrayBuffer>][] };
  return { script, cores: new Map(cores) };
}

/** Everything that the output depends on. */
function keyOf({ digest, options }: CodeRequest): string {
  const made = createHash("sha256")
    .update(JSON.stringify([TRANSPILER, options]))
    .digest("hex");
  return `${digest.slice(0, 40)}-${made.slice(0, 24)}`;
}

/** V8 refuses code of another version by itself; the name only keeps versions from displacing each other. */
const V8: string = (process.versions.v8 ?? "none").replaceAll(/[^0-9.]/g, "");

/** Compiles with V8's code of an earlier time. V8 tells its source by length only, so an entry begins with the text's digest. */
class CachedCompiler {
  readonly #entry: Uint8Array | undefined;
  /** The entry to keep, when there was no good one. */
  fresh: Uint8Array | undefined;

  constructor(entry: Uint8Array | undefined) {
    this.#entry = entry;
  }

  readonly compile: CompileScript = (text) => {
    const digest = createHash("sha256").update(text).digest();
    const matches = this.#entry !== undefined && digest.equals(this.#entry.subarray(0, digest.length));
    const cachedData = matches ? Buffer.from(this.#entry.subarray(digest.length)) : undefined;
    const script = new Script(text, { filename: "component.js", ...(cachedData === undefined ? {} : { cachedData }) });
    const build: unknown = script.runInThisContext();
    if (cachedData === undefined || script.cachedDataRejected === true) {
      this.fresh = Buffer.concat([digest, script.createCachedData()]);
    }
    return build;
  };
}
