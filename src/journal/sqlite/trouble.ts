/** What goes wrong with a store's file, as faults that say what to do. */
import { Defect, Fault } from "../../fault.ts";

const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

/** SQLite's result code; undefined for what is none of its errors. */
export function sqliteCode(thrown: unknown): number | undefined {
  if (typeof thrown !== "object" || thrown === null || !("errcode" in thrown)) return undefined;
  return typeof thrown.errcode === "number" ? thrown.errcode & 0xff : undefined;
}

/** What the file at `place` cannot do. A fault stays what it is; what is no trouble of a file is a defect. */
export function troubleWith(place: string, thrown: unknown): Fault | Defect {
  if (thrown instanceof Fault || thrown instanceof Defect) return thrown;
  const cause = thrown instanceof Error ? thrown : new Error(String(thrown));
  const fault = (code: string, message: string, hint: string): Fault => new Fault(code, message, { cause, hint });
  switch (sqliteCode(thrown)) {
    case FULL:
      return fault(
        "store-full",
        `There is no space left for ${place}`,
        "Make space on its disk; nothing that was acknowledged is lost.",
      );
    case READONLY:
    case CANTOPEN:
      return fault(
        "store-readonly",
        `${place} cannot be written`,
        "Look at the permissions of the file and its folder.",
      );
    case BUSY:
      return fault("store-locked", `${place} is in use by another process`, "Stop it, or use another store.");
    case CORRUPT:
    case NOTADB:
      return fault(
        "store-unreadable",
        `${place} is damaged, or no store: ${cause.message}`,
        "Restore it from a backup; the file was left as it is.",
      );
    case IOERR:
      return fault(
        "store-lost",
        `The disk failed at ${place}: ${cause.message}`,
        "Look at the disk, then open it again.",
      );
    default:
      return new Defect(`a store failed with ${cause.message}`, cause);
  }
}
