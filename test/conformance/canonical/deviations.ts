/**
 * Where jco's binding (0.15) does otherwise than the specification says. One list, each with its reason; the tests assert
 * that each is still so, so that an upgrade which mends one is noticed. The host's own path has no such list: what must not
 * get through is the reason why it exists.
 */
import type { Value } from "../../../src/wit/value.ts";

/** Of a vector: the line that its judge would complain with. */
export interface VectorDeviation {
  readonly why: string;
  readonly lines: RegExp;
}

export const VECTOR_DEVIATIONS: readonly VectorDeviation[] = [
  {
    why: "strict mode refuses numbers that are wider than their type, and bools other than 0 and 1; the specification drops the upper bits",
    lines:
      /^(pairs: (bool|[us](8|16)) of|flat: a variant with too wide|variants: (narrow|wide) a|heap: bools, one of them 2).*got plugin-invalid-value$/,
  },
  {
    why: "flags with bits that have no label are refused; the specification drops them",
    lines: /^(flat: \d+ flags|heap: \d+ flags with a bit too many).*got plugin-invalid-value$/,
  },
  { why: "a pointer to spilled arguments may be at any address", lines: /^spilled at [123] as an argument: .*got \[0/ },
  {
    why: "a negative number beside an i64 is extended by its sign",
    lines: /^lower: .*"payload":-1.* got 0,18446744073709551615$/,
  },
];

/** Of a whole guest: what its last call gives instead, by the guest's name. */
export interface GuestDeviation {
  readonly why: string;
  readonly gives: string | { readonly value: Value };
  readonly guests: readonly string[];
}

export const GUEST_DEVIATIONS: readonly GuestDeviation[] = [
  {
    why: "an answer's address need not be aligned",
    gives: { value: [0, 0] },
    guests: ["an answer at 1", "an answer at 2", "an answer at 4", "an answer at 7"],
  },
  {
    why: "nor need the place be that an import's answer goes to",
    gives: { value: 7 },
    guests: ["an import's answer at 1", "an import's answer at 2", "an import's answer at 3"],
  },
  {
    why: "nor need what realloc gives",
    gives: { value: 3 },
    guests: ["realloc for an argument: an odd address", "realloc for an answer: an odd address"],
  },
  {
    why: "nor need what realloc gives for nothing",
    gives: { value: 0 },
    guests: [
      "realloc for an argument: an odd address for nothing",
      "realloc for an answer: an odd address for nothing",
    ],
  },
  {
    why: "realloc may leave",
    gives: { value: 3 },
    guests: ["realloc that calls an import", "realloc that makes a resource", "realloc that drops a resource"],
  },
  { why: "and be an import", gives: { value: null }, guests: ["an import for realloc"] },
  {
    why: "bit 30 of a representation is jco's own",
    gives: { value: 0xbfff_fffe },
    guests: ["a guest that keeps all bits of a representation"],
  },
  {
    why: "lending is not counted: what is lent may be given in the same call, and kept",
    gives: { value: null },
    guests: ["a guest that lends and gives one handle", "a borrower that keeps what was lent"],
  },
];

/** Handles that a guest answers with are not looked up: whatever number it is, it is a handle afterwards. */
export const UNCHECKED_ANSWERS: RegExp = /^a guest that answers with /;

/** Whole calls that fail, with which code, and why. */
export const CALL_DEVIATIONS: ReadonlyMap<string, { readonly code: string; readonly why: string }> = new Map([
  [
    "handle-table.wast: two resource types share a table",
    { code: "plugin-trapped", why: "jco numbers handles for each type" },
  ],
  [
    "unit.wast: an import lifted again",
    { code: "component-unsupported", why: "jco's script declares the import's trampoline twice" },
  ],
]);

export function guestDeviation(name: string): GuestDeviation | undefined {
  return GUEST_DEVIATIONS.find((each) => each.guests.includes(name));
}
