/**
 * The whole state of a run as bytes: its VM, and what it needs beside that to go on (RECOVERY, SNAP).
 *
 *   N1  A run that begins here reads nothing of its log before `from` but START and what is named here.
 *   N2  What is read is checked before anything is made of it: bytes may come from anywhere.
 */
import { Fault } from "../../../fault.ts";
import { decodeEntry, encodeEntry } from "../../../journal/entry/entry-codec.ts";
import type { Lsn } from "../../../journal/entry/entry.ts";
import { decodeAny, encodeAny } from "../../../wit/cbor.ts";
import type { AnyValue } from "../../../wit/any.ts";
import { WitError } from "../../../wit/error.ts";
import { callsOfData, dataOfCalls } from "../calls/call-state.ts";
import type { CallState } from "../calls/call-state.ts";
import type { Numbered } from "./recorded.ts";

export interface Range {
  readonly from: Lsn;
  /** The last of it. */
  readonly upto: Lsn;
}

/** A workflow that was spawned and not joined. */
export interface SavedChild {
  readonly id: string;
  readonly effect: string;
  readonly isCancelled: boolean;
}

export interface Snapshot {
  /** The position of the snapshot before this one; 0 when there is none. */
  readonly before: Lsn;
  /** What is not the run's own and stands behind this is not in the snapshot. */
  readonly from: Lsn;
  /** What others left for the run before that, and it has not looked at. */
  readonly unread: readonly Range[];
  /** Of the log before: its bytes, and where it begins, as far as it was not forgotten. */
  readonly bytes: number;
  readonly base: Lsn;
  /** By group of instances: from where on its calls are needed to rebuild it. */
  readonly floors: readonly (readonly [group: number, lsn: Lsn])[];
  /** How often the VM was stopped while it computed. */
  readonly turn: number;
  /** The latest time that the program was told, in milliseconds since the epoch. */
  readonly latest: number;
  /** Times of the log, in milliseconds since the run was created: of the last thing written, and of the last delivery. */
  readonly latestAt: number;
  readonly shownAt: number;
  readonly isCancelled: boolean;
  readonly calls: CallState;
  readonly children: readonly SavedChild[];
  /** Signals that nobody took, and what is known of effects that are waited for. */
  readonly carried: readonly Numbered[];
  readonly vm: Uint8Array;
}

const VERSION = 1;

export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const {
    before,
    from,
    unread,
    bytes,
    base,
    floors,
    turn,
    latest,
    latestAt,
    shownAt,
    isCancelled,
    calls,
    children,
    carried,
    vm,
  } = snapshot;
  return encodeAny([
    VERSION,
    before,
    from,
    unread.map((range) => [range.from, range.upto]),
    bytes,
    base,
    floors.map(([group, lsn]) => [group, lsn]),
    turn,
    latest,
    latestAt,
    shownAt,
    isCancelled,
    dataOfCalls(calls),
    children.map((child) => [child.id, child.effect, child.isCancelled]),
    carried.map(({ lsn, entry }) => [lsn, encodeEntry(entry)]),
    vm,
  ]);
}

/** @throws {Fault} `journal-invalid`, `journal-newer` */
export function decodeSnapshot(state: Uint8Array): Snapshot {
  const [version, before, from, unread, bytes, base, floors, turn, latest, latestAt, shownAt, isCancelled, ...rest] =
    listOf(parsed(state));
  const [calls, children, carried, vm] = rest;
  if (version !== VERSION) throw typeof version === "number" ? newer(version) : invalid("it has no version");
  return {
    before: count(before),
    from: count(from),
    unread: listOf(unread).map((each) => {
      const [first, last] = listOf(each);
      return { from: count(first), upto: count(last) };
    }),
    bytes: count(bytes),
    base: count(base),
    floors: listOf(floors).map((each) => {
      const [group, lsn] = listOf(each);
      return [count(group), count(lsn)];
    }),
    turn: count(turn),
    latest: count(latest),
    latestAt: count(latestAt),
    shownAt: count(shownAt),
    isCancelled: flag(isCancelled),
    calls: callsOfData(calls),
    children: listOf(children).map((each) => {
      const [id, effect, cancelled] = listOf(each);
      return { id: text(id), effect: text(effect), isCancelled: flag(cancelled) };
    }),
    carried: listOf(carried).map((each) => {
      const [lsn, entry] = listOf(each);
      return { lsn: count(lsn), entry: decodeEntry(blob(entry)) };
    }),
    vm: blob(vm),
  };
}

function parsed(bytes: Uint8Array): AnyValue {
  try {
    return decodeAny(bytes, { depth: 4 });
  } catch (error) {
    throw error instanceof WitError ? invalid(error.message) : error;
  }
}

function listOf(data: AnyValue | undefined): readonly AnyValue[] {
  if (Array.isArray(data)) return data as readonly AnyValue[];
  throw invalid("a list is missing");
}

function count(data: AnyValue | undefined): number {
  if (typeof data === "number" && Number.isSafeInteger(data) && data >= 0) return data;
  throw invalid("a count is none");
}

function flag(data: AnyValue | undefined): boolean {
  if (typeof data === "boolean") return data;
  throw invalid("a yes or no is neither");
}

function text(data: AnyValue | undefined): string {
  if (typeof data === "string") return data;
  throw invalid("a text is none");
}

function blob(data: AnyValue | undefined): Uint8Array {
  if (data instanceof Uint8Array) return data;
  throw invalid("bytes are missing");
}

function invalid(why: string): Fault {
  return new Fault("journal-invalid", `A snapshot of the journal cannot be read: ${why}`);
}

function newer(version: number): Fault {
  return new Fault("journal-newer", `A snapshot of version ${version} was written by a newer version`, {
    hint: "Open it with the version that wrote it, or a later one.",
  });
}
