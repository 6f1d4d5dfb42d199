/**
 * The fields of entries as data, and how each kind of field is taken back from what CBOR carried.
 *
 *   F1  Taking back is strict: a field of another form is refused, so that bytes from anywhere may be tried.
 *   F2  The numbers of kinds and the order of fields never change. What is added later gets a new number, or is a field at
 *       the end that may be absent.
 */
import type { AnyValue } from "../../wit/any.ts";
import { Fault } from "../../fault.ts";
import { Blob } from "./entry.ts";
import type { EntryKind } from "./entry.ts";
import { hexOfBytes } from "./hex.ts";

type Names = readonly string[];

/** How a field is carried. A list of names is one of these, by its index. */
export type FieldType = "eff" | "uint" | "digest" | "digests" | "text" | "texts" | "seed" | "payload" | Names;

const CLASSES: Names = ["read", "keyed", "idempotent", "once"];
const OUTCOMES: Names = ["ok", "error", "fault", "abandoned"];
const CHANNELS: Names = ["print", "log", "emit", "progress"];
const ENDINGS: Names = ["done", "failed", "cancelled"];

/** The last fields of an entry may be absent when they are `optional`. */
type Fields = readonly (readonly [name: string, type: FieldType, optional?: "optional"])[];

export interface KindSpec {
  readonly kind: EntryKind;
  readonly number: number;
  readonly fields: Fields;
}

const eff = ["eff", "eff"] as const;
const attempt = ["attempt", "uint"] as const;
/** Milliseconds since the run was created. */
const at = ["at", "uint", "optional"] as const;

const FIELDS: Readonly<Record<EntryKind, readonly [number: number, fields: Fields]>> = {
  START: [
    1,
    [
      ["ir", "digest"],
      ["program", "payload"],
      ["packages", "texts"],
      ["function", "uint"],
      ["args", "payload"],
      ["seed", "seed"],
      ["created", "uint"],
      ["parent", "texts"],
      ["grants", "texts"],
    ],
  ],
  REQ: [2, [eff, attempt, ["class", CLASSES], ["what", "text"], ["input", "payload"]]],
  CALL: [
    3,
    [
      eff,
      attempt,
      ["group", "uint"],
      ["gen", "uint"],
      ["seq", "uint"],
      ["package", "uint"],
      ["function", "text"],
      ["args", "payload"],
      at,
    ],
  ],
  DONE: [4, [eff, attempt, ["outcome", OUTCOMES], ["value", "payload"], at]],
  DLV: [5, [eff, attempt, ["turn", "uint"], ["signal", "uint"], at]],
  OUT: [6, [eff, ["channel", CHANNELS], ["value", "payload"]]],
  ARM: [7, [eff, attempt, ["at", "uint"]]],
  SIG: [
    8,
    [
      ["name", "text"],
      ["sender", "text"],
      ["value", "payload"],
    ],
  ],
  CB: [9, [eff, attempt, ["n", "uint"], ["closure", "uint"], ["args", "payload"], at]],
  CBRET: [10, [eff, attempt, ["n", "uint"], ["outcome", OUTCOMES], ["value", "payload"], at]],
  DEC: [11, [eff, ["winner", "uint"]]],
  ABANDON: [12, [eff, attempt]],
  GEN: [
    13,
    [
      ["group", "uint"],
      ["gen", "uint"],
      ["upto", "uint"],
      ["from", "uint"],
    ],
  ],
  SNAP: [
    14,
    [
      ["ir", "digest"],
      ["state", "payload"],
    ],
  ],
  ISNAP: [
    15,
    [
      ["group", "uint"],
      ["gen", "uint"],
      ["seq", "uint"],
      ["cores", "digests"],
      ["state", "payload"],
    ],
  ],
  MIGRATE: [
    16,
    [
      ["ir", "digest"],
      ["program", "payload"],
      ["packages", "texts"],
      ["map", "payload"],
    ],
  ],
  CANCEL: [17, [["turn", "uint"]]],
  NOTE: [
    18,
    [
      ["what", "text"],
      ["at", "uint"],
      ["text", "text"],
    ],
  ],
  END: [
    19,
    [
      ["ending", ENDINGS],
      ["value", "payload"],
    ],
  ],
  FORK: [
    20,
    [
      ["root", "text"],
      ["of", "text"],
      ["at", "uint"],
    ],
  ],
};

const SPECS: readonly KindSpec[] = Object.entries(FIELDS).map(([kind, [number, fields]]) => {
  return { kind: kind as EntryKind, number, fields };
});

export const BY_KIND: ReadonlyMap<EntryKind, KindSpec> = new Map(SPECS.map((spec) => [spec.kind, spec]));
export const BY_NUMBER: ReadonlyMap<number, KindSpec> = new Map(SPECS.map((spec) => [spec.number, spec]));

/** The field of what was carried. @throws {Fault} `journal-invalid` (F1) */
export function takenBack(type: FieldType, data: AnyValue | undefined, where: string): unknown {
  if (typeof type !== "string") return type[uint(data, where)] ?? refuse(where);
  switch (type) {
    case "eff":
      return hex(data, 16, where);
    case "digest":
      return hex(data, 32, where);
    case "digests":
      return list(data, where).map((each) => hex(each, 32, where));
    case "payload":
      return data instanceof Uint8Array ? data : blob(data, where);
    case "seed":
      return data instanceof Uint8Array && data.length === 32 ? data : refuse(where);
    case "uint":
      return uint(data, where);
    case "text":
      return text(data, where);
    case "texts":
      return list(data, where).map((each) => text(each, where));
  }
}

function blob(data: AnyValue | undefined, where: string): Blob {
  const [digest, size, ...more] = list(data, where);
  if (more.length > 0) refuse(where);
  return new Blob(hex(digest, 32, where), uint(size, where));
}

function list(data: AnyValue | undefined, where: string): readonly AnyValue[] {
  return Array.isArray(data) ? (data as readonly AnyValue[]) : refuse(where);
}

function text(data: AnyValue | undefined, where: string): string {
  return typeof data === "string" ? data : refuse(where);
}

function uint(data: AnyValue | undefined, where: string): number {
  return typeof data === "number" && Number.isSafeInteger(data) && data >= 0 ? data : refuse(where);
}

function hex(data: AnyValue | undefined, length: number, where: string): string {
  return data instanceof Uint8Array && data.length === length ? hexOfBytes(data) : refuse(where);
}

function refuse(where: string): never {
  throw new Fault("journal-invalid", `${where} cannot be read`);
}
