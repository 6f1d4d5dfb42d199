/**
 * The body of a request that is no JSON, kept in a file beside the store while it comes.
 *
 *   G1  No more than the limit is written, of which little is ever held. The file is its user's only, has no name where the
 *       system allows that, and is gone when it is disposed.
 */
import { randomBytes } from "node:crypto";
import { open, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { Fault } from "../fault.ts";
import type { Upload } from "./asked.ts";

interface Bodied {
  readonly request: IncomingMessage;
  /** Asks for a body that its sender holds back until then. */
  readonly invite: () => void;
}

/** @throws {Fault} `body-too-large`, `wrong-content-type`, `store-full`, `bad-request` when it breaks off */
export async function receive(
  { request, invite }: Bodied,
  limit: number,
  store: string,
): Promise<Upload & AsyncDisposable> {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/octet-stream") {
    throw new Fault("wrong-content-type", "The body has to be application/octet-stream", {
      hint: "Send the bytes of the file with `Content-Type: application/octet-stream`",
    });
  }
  if (Number(request.headers["content-length"] ?? 0) > limit) throw tooLarge(limit);
  const file = await Draft.open(`${store}.upload-${randomBytes(8).toString("hex")}`);
  try {
    invite();
    await take(request, limit, file);
    return file;
  } catch (thrown) {
    await file[Symbol.asyncDispose]();
    throw thrown;
  }
}

/** G1 */
async function take(request: IncomingMessage, limit: number, file: Draft): Promise<void> {
  // The connection is still needed to answer when this is left early.
  const parts = request.iterator({ destroyOnReturn: false });
  for (;;) {
    const part = await parts.next().catch((cause: unknown) => {
      throw new Fault("bad-request", "The request broke off", { cause });
    });
    if (part.done === true) return;
    const bytes = part.value as Buffer;
    if (file.size + bytes.length > limit) throw tooLarge(limit);
    await file.add(bytes);
  }
}

class Draft implements Upload, AsyncDisposable {
  readonly #path: string;
  readonly #handle: FileHandle;
  #size = 0;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async open(path: string): Promise<Draft> {
    const handle = await writing(() => open(path, "wx+", 0o600));
    await rm(path, { force: true }).catch(() => {}); // where an open file keeps its name, it loses it when disposed
    return new Draft(path, handle);
  }

  get size(): number {
    return this.#size;
  }

  async add(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await writing(() => this.#handle.write(bytes, done, bytes.length - done, this.#size));
      done += bytesWritten;
      this.#size += bytesWritten;
    }
  }

  async bytes(): Promise<Uint8Array> {
    const all = Buffer.alloc(this.#size);
    for (let at = 0; at < all.length;) {
      const { bytesRead } = await writing(() => this.#handle.read(all, at, all.length - at, at));
      if (bytesRead === 0) throw new Fault("store-full", "What was sent could not be kept");
      at += bytesRead;
    }
    return all;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
    await rm(this.#path, { force: true });
  }
}

async function writing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new Fault("store-full", `What was sent could not be kept: ${String(cause)}`, {
      cause,
      hint: "Look at the space and the permissions of the store's folder.",
    });
  }
}

function tooLarge(limit: number): Fault {
  return new Fault("body-too-large", `The body is longer than ${limit} bytes`, {
    hint: "`sennit export --no-packages` leaves out what packages take.",
  });
}
