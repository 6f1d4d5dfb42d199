/** A run to be submitted, read from a request. What a name may be, the executor says. */
import { isAbsolute } from "node:path";
import type { Submission } from "../engine/executor/executor.ts";
import type { Fields } from "./fields.ts";

export const LONGEST_PATH = 4096;
export const LONGEST_SOURCE: number = 4 * 1024 * 1024;
const PRIORITY = 1_000_000;

/** @throws {Fault} `bad-request` */
export function submissionIn(fields: Fields): Omit<Submission, "id" | "seed"> {
  const file = fields.text("file", LONGEST_PATH);
  if (!isAbsolute(file) || file.includes("\0")) throw fields.mistake("file", "is no absolute path");
  const source = fields.text("source", LONGEST_SOURCE);
  const params = fields.take("params");
  const texts = fields.texts("texts");
  if (params !== undefined && texts.length > 0) throw fields.mistake("texts", "stands beside `params`");
  return {
    file,
    source,
    ...(params === undefined ? {} : { params: fields.record("params") }),
    ...(texts.length === 0 ? {} : { texts }),
    grants: fields.texts("grants"),
    queue: fields.maybeText("queue"),
    key: fields.maybeText("key"),
    priority: fields.maybeInteger("priority", -PRIORITY, PRIORITY) ?? 0,
  };
}

/** @throws {Fault} `bad-request` */
export function namedRunIn(fields: Fields): Submission {
  const seed = fields.maybeText("seed");
  if (seed !== undefined && !/^[0-9a-fA-F]{64}$/.test(seed)) throw fields.mistake("seed", "is not 64 hex digits");
  return {
    ...submissionIn(fields),
    id: fields.maybeText("id"),
    ...(seed === undefined ? {} : { seed: Uint8Array.from(Buffer.from(seed, "hex")) }),
  };
}
