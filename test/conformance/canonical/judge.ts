/** Whether a played vector gave what the specification says. A judge says nothing when all is well, else one line. */
import { equalValues } from "../../../src/wit/equal.ts";
import { formatValue } from "./show.ts";
import type { Value } from "../../../src/wit/value.ts";
import type { Event } from "./harness.ts";
import type { Stored } from "./lower-tables.ts";
import { READ_FROM, Refused, type Lift, type Lower } from "./vectors.ts";

export function judgeLift(lift: Lift, how: string, events: readonly Event[]): string[] {
  const got = liftedFrom(events);
  const wanted = lift.expect;
  if (wanted instanceof Refused) {
    return got instanceof Refused && got.code === wanted.code ? [] : [line(lift.name, how, wanted, got)];
  }
  const agree = !(got instanceof Refused) && equalValues(lift.type, got, wanted);
  return agree ? [] : [line(lift.name, how, wanted, got)];
}

/** The value that an import saw or an export gave, or how it failed. */
function liftedFrom(events: readonly Event[]): Value | Refused {
  for (const event of events) {
    if ("fault" in event) return new Refused(event.fault.code as Refused["code"]);
  }
  const [first] = events;
  if (first === undefined) return null;
  return "import" in first ? (first.args[0] ?? null) : "value" in first ? first.value : null;
}

export function judgeLowered(lower: Lower, events: readonly Event[]): string[] {
  const seen = seenBy(events);
  if (seen instanceof Refused) return [line(lower.name, "as an argument", lower.value, seen)];
  const core = seen.core.map((bits, at) => (lower.core[at] === null ? null : bits));
  const wanted = lower.core.map((bits) => (bits === null ? null : BigInt(bits)));
  if (core.length !== wanted.length || core.some((bits, at) => bits !== wanted[at]))
    return [`${lower.name} as an argument: core values ${String(wanted)}, got ${String(seen.core)}`];
  if (lower.bytes === undefined) return [];
  const from = Number(seen.core[lower.bytes.behind] ?? 0n) - READ_FROM;
  return sameBytes(`${lower.name} as an argument`, lower.bytes.are, seen.memory.subarray(from));
}

/** `answer` is its form in memory; a value of one core value has none. */
export function judgeAnswered(lower: Lower & Partial<Stored>, events: readonly Event[]): string[] {
  const seen = seenBy(events);
  if (seen instanceof Refused) return [line(lower.name, "as an answer", lower.value, seen)];
  if (lower.answer !== undefined) return sameBytes(`${lower.name} as an answer`, lower.answer, seen.memory);
  if (lower.core.length === 1) {
    if (lower.bytes !== undefined)
      return sameBytes(`${lower.name} as an answer`, spilledAnswer(lower, seen), seen.memory);
    const agrees = seen.core[0] === BigInt(lower.core[0] ?? 0);
    return agrees ? [] : [`${lower.name} as an answer: ${lower.core[0]}, got ${seen.core[0]}`];
  }
  // A list or a string: the answer's place holds its pointer and its length.
  const words = new DataView(seen.memory.buffer, seen.memory.byteOffset, 8);
  const length = words.getUint32(4, true);
  if (BigInt(length) !== BigInt(lower.core[1] ?? 0)) return [`${lower.name} as an answer: its length is ${length}`];
  if (lower.bytes === undefined) return [];
  const from = words.getUint32(0, true) - READ_FROM;
  return sameBytes(`${lower.name} as an answer`, lower.bytes.are, seen.memory.subarray(from));
}

/** What is spilled as an argument lies at the answer's place as an answer; pointers into it are other ones then. */
function spilledAnswer({ bytes, type }: Lower, seen: Seen): readonly (number | null)[] {
  const are = bytes?.are ?? [];
  return type.kind === "variant" ? are.slice(0, are.length - 11) : are.slice(0, seen.memory.length);
}

interface Seen {
  readonly core: readonly bigint[];
  readonly memory: Uint8Array;
}

function seenBy(events: readonly Event[]): Seen | Refused {
  const values: Value[] = [];
  for (const event of events) {
    if ("fault" in event) return new Refused(event.fault.code as Refused["code"]);
    if ("value" in event) values.push(event.value);
  }
  const core = [...(values[0] as Iterable<number | bigint>)].map(BigInt);
  return { core, memory: values[1] as Uint8Array };
}

function sameBytes(what: string, wanted: readonly (number | null)[], got: Uint8Array): string[] {
  const wrong = wanted.findIndex((byte, at) => byte !== null && byte !== got[at]);
  return wrong < 0 ? [] : [`${what}: byte ${wrong} of [${String(wanted)}] is ${got[wrong]}`];
}

function line(name: string, how: string, wanted: Value | Refused, got: Value | Refused): string {
  return `${name} ${how}: wanted ${shown(wanted)}, got ${shown(got)}`;
}

function shown(value: Value | Refused): string {
  return value instanceof Refused ? value.code : formatValue(value);
}
