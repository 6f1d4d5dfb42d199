/**
 * Whether a log from outside is one that a run could have left: what can be seen without playing it back.
 *
 *   L1  One START, at its beginning; after END nothing but what may follow it (journal/entry.ts, E2).
 *   L2  Positions, packages, groups and functions that entries name are there. Every value can be read for this program, and
 *       written out.
 *   L3  A child names its parent in the same file.
 */
import { Fault } from "../../fault.ts";
import type { Entry, Payload } from "../../journal/entry/entry.ts";
import { groupsOf } from "../durable/calls/groups.ts";
import type { ValueBytes } from "../durable/value-bytes.ts";
import { here } from "../durable/log/payload.ts";
import type { Log, Logged } from "./log.ts";
import type { Readable } from "./typed.ts";
import { weightOf } from "./weight.ts";

/** Values within a value, written out: more is not printed in reasonable time. */
const MOST = 4_000_000;

const AFTER_END: ReadonlySet<Entry["kind"]> = new Set(["OUT", "SIG", "NOTE"]);

/** @throws {Fault} `import-invalid` */
export function checkLog(log: Log, { program }: Readable, values: ValueBytes): void {
  const refuse = (why: string): never => {
    throw new Fault("import-invalid", `The file cannot be imported: in the log of ${log.header.id}, ${why}`);
  };
  const groups = groupsOf(program.packages).length;
  const { function: fn, parent } = log.start.entry;
  if (program.ir.functions[fn] === undefined) refuse("the program has no such function");
  if ((parent[0] ?? null) !== log.header.parent) refuse("another run is named as its parent"); // L3
  for (const each of log.entries) {
    const { entry, lsn } = each;
    if (entry.kind === "START" && lsn !== 1) refuse("there are two beginnings"); // L1
    if (log.end !== null && lsn > log.end.lsn && !AFTER_END.has(entry.kind)) refuse("something follows its end");
    if (entry.kind === "MIGRATE") refuse("it was moved to another version of its program");
    if (entry.kind === "DLV" && entry.signal > 0 && !isSignal(log, each)) refuse("a signal is missing");
    if (entry.kind === "CALL" && (entry.group >= groups || program.packages[entry.package] === undefined)) {
      refuse("a package is missing"); // L2
    }
    if (entry.kind === "GEN" && entry.group >= groups) refuse("a group of packages is missing");
    for (const value of valuesOf(entry)) if (!isReadable(value, values)) refuse(`entry ${lsn} cannot be read`);
  }
}

function isSignal(log: Log, { entry, lsn }: Logged): boolean {
  return entry.kind === "DLV" && entry.signal < lsn && log.signal(entry.signal) !== undefined;
}

function valuesOf(entry: Entry): readonly Payload[] {
  switch (entry.kind) {
    case "START":
    case "CALL":
    case "CB":
      return [entry.args];
    case "REQ":
      return [entry.input];
    case "DONE":
    case "CBRET":
    case "OUT":
    case "SIG":
    case "END":
      return [entry.value];
    default:
      return [];
  }
}

function isReadable(payload: Payload, values: ValueBytes): boolean {
  try {
    return weightOf(values.decode(here(payload))) <= MOST;
  } catch (thrown) {
    if (thrown instanceof Fault) return false;
    throw thrown;
  }
}
