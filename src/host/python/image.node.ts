/**
 * Start images: the memory of a Python that has already loaded the runtime, the bindings and the plugin (D4).
 *
 *   S1  An image is named by everything it depends on: Pyodide's build, how the engine waits, our code on both sides, the
 *       plugin and its WIT. A name never means two contents.
 *   S2  A file is written beside its place and renamed, so that no reader sees half of one; a file that does not read is
 *       made anew.
 *   S3  An image is used only by instances of the plugin it was made from, behind the same wall: a plugin that forges its
 *       own gains nothing.
 */
import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import { keepInFile } from "../draft.node.ts";
import { type Code, runtimeCode } from "./code.ts";
import { startPeer } from "./peer.node.ts";
import { type Runtime, shared } from "./runtime.node.ts";
import { ready, StartFailure } from "./start.node.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Images are 30 MB each, so only the latest few are kept in memory. */
const KEPT = 4;

/** Linear memory that the plugin's modules may use while they load. */
const LOADING_MEMORY = 1 << 30;
const MOST_BYTES = 1 << 30;

/** The start images of a process. */
export class StartImages {
  readonly #images = new Map<string, Promise<Uint8Array>>();

  /**
   * The start image of a plugin: from memory, from the cache folder, or made now.
   * @param limit Milliseconds that the plugin's modules may take to load.
   * @throws {Fault} `plugin-invalid`, `deadline-exceeded` or `plugin-trapped` when the plugin's modules do not load; a `StartFailure` when
   *   the reason is not the plugin's.
   */
  get(runtime: Runtime, code: Code, cacheFolder: string | undefined, limit: number): Promise<Uint8Array> {
    return this.#get(runtime, code, cacheFolder, limit, () => this.ofRuntime(runtime, cacheFolder));
  }

  /** The image of the runtime alone, which has nothing of any plugin's. @throws {Fault} a `StartFailure` */
  ofRuntime(runtime: Runtime, cacheFolder: string | undefined): Promise<Uint8Array> {
    return this.#get(runtime, runtimeCode(runtime.guest), cacheFolder, Number.POSITIVE_INFINITY, async () => null);
  }

  /** @param base Gives the image to start from when this one has to be made. */
  #get(
    runtime: Runtime,
    code: Code,
    cacheFolder: string | undefined,
    limit: number,
    base: () => Promise<Uint8Array | null>,
  ): Promise<Uint8Array> {
    const key = imageKey(runtime, code);
    const image = this.#images.get(key) ?? loadOrMake(runtime, code, fileOf(cacheFolder, key), limit, base);
    this.#images.delete(key); // to the end: the latest
    this.#images.set(key, image);
    image.catch(() => this.#images.delete(key)); // whoever comes later may have more time
    for (const oldest of this.#images.keys()) if (this.#images.size > KEPT) this.#images.delete(oldest);
    return image;
  }

  /** Forgets an image from which no instance started, and the one below it, here and on disk. */
  async forget(runtime: Runtime, code: Code, cacheFolder: string | undefined): Promise<void> {
    for (const key of [imageKey(runtime, code), imageKey(runtime, runtimeCode(runtime.guest))]) {
      this.#images.delete(key);
      const file = fileOf(cacheFolder, key);
      if (file !== undefined) await rm(file, { force: true });
    }
  }
}

/** The one of this process. */
export const processImages: StartImages = new StartImages();

function fileOf(folder: string | undefined, key: string): string | undefined {
  return folder === undefined ? undefined : join(folder, `${key}.pyimage`);
}

/** What the image of the runtime alone is called wherever it is kept. */
export function runtimeImageName(runtime: Runtime): string {
  return `${imageKey(runtime, runtimeCode(runtime.guest))}.pyimage`;
}

function imageKey(runtime: Runtime, code: Code): string {
  const hash = createHash("sha256").update(runtime.identity).update(code.boot);
  for (const [path, text] of code.files) hash.update(`${path.length} ${text.length} ${path}`).update(text);
  return hash.digest("hex");
}

async function loadOrMake(
  runtime: Runtime,
  code: Code,
  file: string | undefined,
  limit: number,
  base: () => Promise<Uint8Array | null>,
): Promise<Uint8Array> {
  const stored = file === undefined ? undefined : await load(file);
  if (stored !== undefined) return stored;
  const image = shared(await make(runtime, code, limit, await base()));
  if (file !== undefined) await save(file, image);
  return image;
}

async function load(file: string): Promise<Uint8Array | undefined> {
  try {
    return shared(await decompress(await readFile(file), { maxOutputLength: MOST_BYTES }));
  } catch {
    return undefined; // absent or damaged (S2)
  }
}

async function save(file: string, image: Uint8Array): Promise<void> {
  const params = { [constants.ZSTD_c_checksumFlag]: 1, [constants.ZSTD_c_compressionLevel]: 1 };
  await keepInFile(
    file,
    compress(image, { params }).then((bytes) => [bytes]),
  );
}

async function make(
  runtime: Runtime,
  code: Code,
  limit: number,
  base: Uint8Array | null,
): Promise<Uint8Array<ArrayBuffer>> {
  const rest = { memory: LOADING_MEMORY, waits: false, overlap: false };
  const peer = startPeer(runtime, { ...code, image: base, makeImage: true, ...rest });
  try {
    const { body } = await ready(peer, code.name, limit, LOADING_MEMORY);
    if (body.length === 0) throw new StartFailure("it made no start image");
    return body;
  } finally {
    await peer.terminate();
  }
}
