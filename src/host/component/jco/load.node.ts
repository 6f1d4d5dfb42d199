/**
 * Code loaded in Node: validated and transpiled in threads, once per component, options and version of the tools. What jco
 * made is kept on disk with V8's code for it; of the validator's work a mark is kept.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Script } from "node:vm";

import { Defect } from "../../../fault.ts";
import { DiskCache, userCacheFolder } from "../../cache.node.ts";
import { transpileInWorker, validateInWorker } from "../tool-thread.node.ts";
import { validate, VALIDATOR, type Validate } from "../validate.ts";
import type { Binding, CodeRequest, LoadCode, ToolRequest } from "./code.ts";
import { bindingOf } from "./load.ts";
import type { CompileScript } from "./script.ts";
import { transpile, type Transpile } from "./transpile.ts";
import { packTranspiled, TRANSPILER, unpackTranspiled } from "./transpiled.ts";

export interface NodeLoadOptions {
  /** The folder that keeps transpiled components; this user's cache folder unless given. */
  readonly cacheFolder?: string;
  readonly transpile?: Transpile;
  readonly validate?: Validate;
}

export function nodeLoader(options: NodeLoadOptions = {}): LoadCode {
  const { validate: validator = validateInWorker } = options;
  const cache = cacheOf(options);
  return (request) =>
    Promise.resolve({
      valid: once(() => validOnce(request, cache, validator)),
      binding: once(async () => cachedBinding(await packedOnce(request, options), request, cache)),
    });
}

/** Validates without compiling anything, here or in the thread of the tools. @throws {Fault} `component-invalid`, `component-unsupported` */
export function validateOnce(request: ToolRequest, options: NodeLoadOptions = {}): Promise<void> {
  return validOnce(request, cacheOf(options), options.validate ?? validateInWorker);
}

/** What jco makes of it, packed, for whoever is to run it. @throws {Fault} `component-invalid`, `component-unsupported` */
export async function packedOnce(request: ToolRequest, options: NodeLoadOptions = {}): Promise<Uint8Array> {
  const cache = cacheOf(options);
  const key = `${keyOf(request)}.binding`;
  const found = await cache.get(key);
  if (found !== undefined) return found;
  const transpiler = options.transpile ?? transpileInWorker;
  const made = packTranspiled(await transpiler(request.bytes, request.options), request);
  await cache.put(key, made);
  return made;
}

function cacheOf({ cacheFolder }: NodeLoadOptions): DiskCache {
  return new DiskCache(cacheFolder ?? join(userCacheFolder(), "components"));
}

/** Loads without a thread and without a cache. */
export const loadHere: LoadCode = (request) =>
  Promise.resolve({
    valid: once(() => validate(request.bytes)),
    binding: once(async () =>
      bindingOf(await transpile(request.bytes, request.options), request, new CachedCompiler(undefined).compile),
    ),
  });

/** A component is validated once: the mark says that it was, and by whom. */
async function validOnce({ bytes, digest }: ToolRequest, cache: DiskCache, validator: Validate): Promise<void> {
  const key = `${digest}.valid`;
  const mark = new TextEncoder().encode(VALIDATOR);
  const found = await cache.get(key);
  if (found !== undefined && Buffer.compare(found, mark) === 0) return;
  await validator(bytes);
  await cache.put(key, mark);
}

/** What is kept does not depend on the memory or the meter: cores are rewritten when they are compiled. */
async function cachedBinding(packed: Uint8Array, request: CodeRequest, cache: DiskCache): Promise<Binding> {
  const transpiled = unpackTranspiled(packed, request);
  if (transpiled === undefined) throw new Defect("what is kept of a component is of another"); // its key says what of
  const codeKey = `${keyOf(request)}.${V8}.code`;
  const compiler = new CachedCompiler(await cache.get(codeKey));
  const binding = bindingOf(transpiled, request, compiler.compile);
  if (compiler.fresh !== undefined) await cache.put(codeKey, compiler.fresh);
  return binding;
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** Everything that the output depends on. */
function keyOf({ digest, options }: ToolRequest): string {
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
