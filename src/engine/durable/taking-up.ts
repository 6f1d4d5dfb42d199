/**
 * The lives of a run: what is noted in its log when one begins and ends, and when somebody has to decide.
 *
 *   U1  A run that cannot go on is parked with the reason, and nothing of it is lost: its log stays as it was, but for a note.
 *   U2  That a run is taken up again after a life that did not end well is durable before anything follows from it. Three such
 *       lives in a row that came no further, and it is `quarantined`: whatever ends its process may be its own doing.
 *   U3  A life that was told to stop, that fell asleep, or that had nothing to do for a while, ended well or would have.
 */
import { Defect, Fault } from "../../fault.ts";
import { encodeEntry } from "../../journal/entry/entry-codec.ts";
import type { EntryKind, EntryOf } from "../../journal/entry/entry.ts";
import type { HeaderChange, RunHeader } from "../../journal/store.ts";
import type { Clock } from "../platform/ports.ts";
import type { LogPort } from "./log/log-port.ts";
import type { Numbered } from "./log/recorded.ts";

/** Lives in a row that come no further. */
const MOST_LIVES = 3;

/** Milliseconds after which a life that has nothing to do is taken to go well. */
const WELL = 10_000;

type What = "taken-up" | "by-force" | "well" | "stopped" | "parked";

const FURTHER: ReadonlySet<EntryKind> = new Set(["DLV", "DONE", "OUT", "CANCEL", "CB", "CBRET", "SNAP", "MIGRATE"]);

/** How often in a row it was taken up and came no further (U2). */
export function livesInVain(entries: readonly Numbered[]): number {
  let count = 0;
  for (const { entry } of entries) {
    if (entry.kind === "NOTE" && entry.what === "taken-up") count += 1;
    else if (entry.kind === "NOTE" ? isGood(entry) : FURTHER.has(entry.kind)) count = 0;
  }
  return count;
}

function isGood({ what }: EntryOf<"NOTE">): boolean {
  return what === "stopped" || what === "well" || what === "by-force";
}

/** Whether there was a life before, and it was cut off. */
function wasCutOff({ state }: RunHeader, entries: readonly Numbered[]): boolean {
  const last = entries.findLast(({ entry }) => entry.kind !== "SIG")?.entry;
  return state === "running" && last?.kind !== "START" && !(last?.kind === "NOTE" && isGood(last));
}

export interface Life<T> {
  readonly clock: Clock;
  /** Also when it came no further in the lives before. */
  readonly force: boolean;
  readonly running: () => Promise<T>;
}

/**
 * Notes that a life begins, and lets it run (U2).
 *
 * @throws {Fault} `quarantined`
 */
export async function oneLife<T>(
  port: LogPort,
  header: RunHeader,
  entries: readonly Numbered[],
  { clock, force, running }: Life<T>,
): Promise<T> {
  const lives = livesInVain(entries);
  if (lives >= MOST_LIVES && !force) throw quarantined(header.id, lives);
  const lsn = note(port, clock, force ? "by-force" : "taken-up", "", { state: "running", wake: null, reason: "" });
  if (wasCutOff(header, entries)) await port.flushed(lsn);
  using well = lives > 0 ? goesWell(port, clock) : nothingToStop;
  void well;
  return await running();
}

const nothingToStop: Disposable = { [Symbol.dispose]: () => {} };

/** U3: after a while that is noted. */
function goesWell(port: LogPort, clock: Clock): Disposable {
  const over = new AbortController();
  void clock.sleep(WELL, over.signal).then(() => {
    if (!over.signal.aborted) note(port, clock, "well", "");
  });
  return { [Symbol.dispose]: () => over.abort() };
}

/** A life has ended, and not with the run's end. */
export async function endLife(port: LogPort, clock: Clock, failure: unknown): Promise<void> {
  const code = codeOf(failure);
  if (code === "stopped") note(port, clock, "stopped", "");
  else if (!ENDS_WELL.has(code)) await park(port, clock, failure);
}

/** Codes of what is no fault of the run's: it is taken up again as it is. */
const ENDS_WELL: ReadonlySet<string> = new Set(["asleep", "parked", "store-lost", "store-full", "store-unreadable"]);

/** U1 */
async function park(port: LogPort, clock: Clock, failure: unknown): Promise<void> {
  const reason = failure instanceof Error ? `${codeOf(failure)}: ${failure.message}` : String(failure);
  await port.flushed(note(port, clock, "parked", reason, { state: "parked", wake: null, reason }));
}

function codeOf(failure: unknown): string {
  return failure instanceof Fault ? failure.code : failure instanceof Defect ? "defect" : "failed";
}

function note(port: LogPort, clock: Clock, what: What, text: string, change?: HeaderChange): number {
  const at = Math.max(0, Math.floor(clock.now()));
  return port.append([encodeEntry({ kind: "NOTE", what, at, text })], change);
}

/** @throws {Fault} `parked` when somebody has to decide first */
export function refuseParked({ id, state, reason }: RunHeader, force: boolean): void {
  if (state !== "parked" || force) return;
  throw new Fault("parked", `The run ${id} is parked: ${reason}`, {
    hint: `Resume it once that is mended: \`sennit resume ${id}\` takes it up all the same`,
  });
}

function quarantined(id: string, lives: number): Fault {
  return new Fault(
    "quarantined",
    `The run ${id} was taken up ${lives} times and came no further: each time its process ended`,
    {
      hint: `Look at what it does next (\`sennit history ${id}\`), then resume it: \`sennit resume ${id}\``,
    },
  );
}
