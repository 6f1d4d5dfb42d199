/** From what a run with a log is given to what its loop needs of it. */
import type { RunLimits } from "../../../host/package/limits.ts";
import type { LoadedProgram } from "../../load/loaded.ts";
import type { Clock } from "../../platform/ports.ts";
import { CallRecords } from "../calls/call-records.ts";
import { Ledger } from "./ledger.ts";
import type { RunJournal } from "./log-port.ts";
import { restartIn, rewritingsIn } from "../moved-run.ts";
import { Recorded } from "./recorded.ts";
import { Rewrites } from "../rewrites.ts";
import { RunLog } from "./run-log.ts";
import { decodeSnapshot } from "./snapshot.ts";
import type { Snapshot } from "./snapshot.ts";
import { ValueBytes } from "../value-bytes.ts";

/** A run that is recorded, from where it begins: its first step, or a snapshot. */
export interface Recording {
  readonly log: RunLog;
  readonly records: CallRecords;
  readonly snapshot: Snapshot | null;
  /** What was rewritten on the way and is not in the snapshot. */
  readonly rewrites: Rewrites;
  /** What its effects are named after, where that is not the run. */
  readonly root: string | null;
}

/** @throws {Fault} `journal-invalid`, `journal-newer` */
export function recordingOf(
  journal: RunJournal,
  program: LoadedProgram,
  clock: Clock,
  limits: RunLimits,
  snapshotAfter?: number,
): Recording {
  const { port, entries } = journal;
  const snapshot = journal.snapshot === undefined ? null : decodeSnapshot(journal.snapshot.state);
  const restart = restartIn(entries);
  const recorded = new Recorded(entries, snapshot?.from, restart?.latest);
  const rewrites = new Rewrites(recorded, rewritingsIn(entries), snapshot?.from);
  const log = new RunLog({
    port,
    recorded,
    values: new ValueBytes(program.ir),
    now: clock.now,
    ledger: new Ledger(journal, snapshot, snapshotAfter),
    limits,
    snapshot,
  });
  return {
    log,
    records: new CallRecords(program, log, snapshot?.calls ?? null),
    snapshot,
    rewrites,
    root: restart?.root ?? recorded.root,
  };
}
