/** Batches on their way to a writer's thread: all bytes in one buffer, which changes hands and is not copied again. */
import type { Batch } from "../buffer/batch.ts";

type Sizes = readonly number[];

export interface PackedBatch {
  readonly creates: readonly (Omit<Batch["creates"][number], "entries"> & { readonly entries: Sizes })[];
  readonly blobs: readonly { readonly run: string; readonly digest: number; readonly bytes: number }[];
  readonly marks: Batch["marks"];
  readonly settings: readonly { readonly key: string; readonly value: number | null }[];
  readonly appends: readonly (Omit<Batch["appends"][number], "entries"> & { readonly entries: Sizes })[];
  /** Everything that the sizes above stand for, in their order. */
  readonly bytes: ArrayBuffer;
}

export function pack({ creates, blobs, marks, settings, appends }: Batch): PackedBatch {
  const parts: Uint8Array[] = [];
  const size = (bytes: Uint8Array): number => {
    parts.push(bytes);
    return bytes.length;
  };
  const sizes = {
    creates: creates.map((run) => ({ ...run, entries: run.entries.map(size) })),
    blobs: blobs.map(({ run, digest, bytes }) => ({ run, digest: size(digest), bytes: size(bytes) })),
    marks,
    settings: settings.map(({ key, value }) => ({ key, value: value === null ? null : size(value) })),
    appends: appends.map((append) => ({ ...append, entries: append.entries.map(size) })),
  };
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return { ...sizes, bytes: all.buffer };
}

export function unpack({ creates, blobs, marks, settings, appends, bytes }: PackedBatch): Batch {
  let at = 0;
  const next = (size: number): Uint8Array => {
    const part = new Uint8Array(bytes, at, size);
    at += size;
    return part;
  };
  return {
    creates: creates.map((run) => ({ ...run, entries: run.entries.map(next) })),
    blobs: blobs.map(({ run, digest, bytes: size }) => ({ run, digest: next(digest), bytes: next(size) })),
    marks,
    settings: settings.map(({ key, value }) => ({ key, value: value === null ? null : next(value) })),
    appends: appends.map((append) => ({ ...append, entries: append.entries.map(next) })),
  };
}
