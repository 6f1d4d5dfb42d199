/**
 * The runtime's start image on its way to another process, which then needs no seconds to start (L2).
 *
 *   Z1  It is the runtime's alone: nothing of a plugin runs where it is made.
 *   Z2  It travels with its digest, and under a name that says what it was made from: what does not fit is not used.
 */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { constants, zstdCompress, zstdDecompress } from "node:zlib";
import { processImages, runtimeImageName } from "./image.node.ts";
import { pythonRuntime, type Runtime, shared } from "./runtime.node.ts";
import { StartFailure } from "./start.node.ts";

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Under which name the folder of Pyodide travels: a realm may not follow the links that lead there. */
const FOLDER = "pyodide-folder";

const DIGEST = 32;
const MOST_BYTES = 1 << 30;

/** Six of thirty megabytes are left, so that they can be kept. */
let packed: Promise<readonly [name: string, bytes: Uint8Array] | undefined> | undefined;

/** Name and bytes of what `sentImage` reads; nothing when no image can be made. */
export function imageToSend(
  cacheFolder: string | undefined,
): Promise<readonly [name: string, bytes: Uint8Array] | undefined> {
  packed ??= pack(cacheFolder);
  packed.catch(() => (packed = undefined));
  return packed;
}

async function pack(cacheFolder: string | undefined): Promise<readonly [string, Uint8Array] | undefined> {
  const runtime = await pythonRuntime();
  try {
    const image = await processImages.ofRuntime(runtime, cacheFolder);
    const content = await compress(image, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
    return [runtimeImageName(runtime), Buffer.concat([digest(content), content])];
  } catch (error) {
    if (error instanceof StartFailure) return undefined;
    throw error;
  }
}

/** Name and bytes of what `sentRuntime` reads. */
export async function folderToSend(): Promise<readonly [name: string, bytes: Uint8Array]> {
  const { folder } = await pythonRuntime();
  return [FOLDER, new TextEncoder().encode(folder)];
}

/** The runtime, from where whoever sent the package has found it. */
export async function sentRuntime(get: (name: string) => Promise<Uint8Array | undefined>): Promise<Runtime> {
  const folder = await get(FOLDER);
  return await pythonRuntime(folder === undefined ? undefined : new TextDecoder().decode(folder));
}

/** The image that came along, if it did and is whole (Z2). */
export async function sentImage(
  runtime: Runtime,
  get: (name: string) => Promise<Uint8Array | undefined>,
): Promise<Uint8Array | undefined> {
  const bytes = await get(runtimeImageName(runtime));
  if (bytes === undefined || !digest(bytes.subarray(DIGEST)).equals(bytes.subarray(0, DIGEST))) return undefined;
  return shared(await decompress(bytes.subarray(DIGEST), { maxOutputLength: MOST_BYTES }));
}

function digest(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
