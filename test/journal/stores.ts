/** Runs and entries for tests of stores. */
import { hash } from "node:crypto";
import { encodeEntry } from "../../src/journal/entry/entry-codec.ts";
import type { NewRun } from "../../src/journal/store.ts";

export const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");

/** Entries that tell which they are. */
export const note = (text: string): Uint8Array => encodeEntry({ kind: "NOTE", what: "test", at: 0, text });

export function newRun(id: string, more: Partial<NewRun> = {}): NewRun {
  return {
    id,
    name: "test",
    created: 1000,
    ir: "ab".repeat(32),
    queue: "",
    priority: 0,
    entries: [note("first")],
    ...more,
  };
}
