/**
 * A recorded run as the world of a test: its packages answer as they did, and what was sent to it is sent again.
 *
 *   R1  An answer belongs to a function and its arguments; of several, each is given in its turn, and the last stays.
 *   R2  A package of which nothing was recorded is as in any other test: what is stateless is computed, and leaves no trace.
 */
import { Fault } from "../../fault.ts";
import { Blob } from "../../journal/entry/entry.ts";
import type { EntryOf, Payload } from "../../journal/entry/entry.ts";
import type { Ir } from "../../lang/ir/ir.ts";
import { functionOf } from "../../wit/types.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { AnyValue } from "../../wit/any.ts";
import type { Value } from "../../wit/value.ts";
import { faultOf } from "../guests/failure.ts";
import type { Portable } from "../history/portable.ts";
import type { LoadedPackage, LoadedProgram } from "../load/loaded.ts";
import { keyOf } from "../durable/log/recorded.ts";
import type { Numbered } from "../durable/log/recorded.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import { samePlain } from "./plain-text.ts";
import { plainArguments } from "./stubs.ts";
import type { Ready, ReadyRule, ReadyStub } from "./stubs.ts";
import type { Sent } from "./trial.ts";

export interface Recording {
  readonly run: string;
  readonly start: EntryOf<"START">;
  readonly entries: readonly Numbered[];
}

/** The run that was exported. @throws {Fault} `test-invalid` */
export function recordingOf({ runs, blobs }: Portable): Recording {
  const [first] = runs;
  const whole = (value: unknown): unknown => (value instanceof Blob ? blobs.get(value.digest) : value);
  const entries = (first?.entries ?? []).map((entry, at): Numbered => {
    const fields = Object.entries(entry).map(([key, value]) => [key, whole(value)] as const);
    return { lsn: at + 1, entry: Object.fromEntries(fields) as unknown as Numbered["entry"] };
  });
  const start = entries[0]?.entry;
  if (first === undefined || start?.kind !== "START") throw new Fault("test-invalid", "The recording has no beginning");
  return { run: first.id, start, entries };
}

/** Params as they were given; null when they are not as many any more. */
export function recordedArguments({ start }: Recording, ir: Ir): readonly Value[] | null {
  const given = new ValueBytes(ir).decode(bytesOf(start.args));
  return Array.isArray(given) && given.length === ir.params.length ? (given as readonly Value[]) : null;
}

/** Each when it was taken; what nobody took is not sent. */
export function recordedSignals({ entries }: Recording): readonly Sent[] {
  const data = new ValueBytes(null);
  const taken = new Map(
    entries.flatMap(({ entry }) => (entry.kind === "DLV" && entry.signal > 0 ? [[entry.signal, entry.at ?? 0]] : [])),
  );
  return entries.flatMap(({ lsn, entry }) => {
    const after = taken.get(lsn);
    if (entry.kind !== "SIG" || after === undefined) return [];
    return [{ name: entry.name, webhook: 0, value: data.decode(bytesOf(entry.value)) as AnyValue, after }];
  });
}

/** The recorded answers of a package, by function; null when nothing of it was recorded (R2). */
export function recordedStubs(
  recording: Recording,
  { ir }: LoadedProgram,
  pack: LoadedPackage,
): ReadonlyMap<FunctionKey, ReadyStub> | null {
  const values = new ValueBytes(ir);
  const answered = answersOf(recording, pack.name);
  if (answered.length === 0) return null;
  const byFunction = Map.groupBy(answered, ({ key }) => key);
  return new Map(
    [...byFunction].flatMap(([key, answers]) => {
      const wit = functionOf(pack.plugin.world.exports, key);
      if (wit === undefined) return [];
      const plain = plainArguments(pack, wit);
      const rules: { readonly asked: readonly unknown[]; readonly rule: ReadyRule; readonly all: Ready[] }[] = [];
      for (const { args, done } of answers) {
        const asked = plain.asked(values.decode(args) as readonly Value[]);
        const ready = readyOf(done, values, plain.outward);
        const known = rules.find((each) => samePlain(each.asked, asked, 0));
        if (known !== undefined) known.all.push(ready);
        else {
          const all = [ready];
          rules.push({ asked, all, rule: { answer: (turn) => all[Math.min(turn, all.length - 1)] as Ready } });
        }
      }
      const ruleOf = (args: readonly Value[]): ReadyRule | null =>
        rules.find(({ asked }) => samePlain(asked, plain.given(args), 0))?.rule ?? null;
      return [[key, { key, class: null, ruleOf, given: plain.given, asked: plain.asked, shown: plain.shown }] as const];
    }),
  );
}

interface Answered {
  readonly key: FunctionKey;
  readonly args: Uint8Array;
  readonly done: EntryOf<"DONE">;
}

/** In the order in which they were asked for. */
function answersOf({ start, entries }: Recording, name: string): readonly Answered[] {
  const done = new Map(
    entries.flatMap(({ entry }) => (entry.kind === "DONE" ? [[keyOf(entry.eff, entry.attempt), entry] as const] : [])),
  );
  const seen = new Set<string>();
  return entries.flatMap(({ entry }) => {
    const asked = askedIn(entry, start, name);
    if (asked === null || (entry.kind !== "REQ" && entry.kind !== "CALL")) return [];
    const effect = keyOf(entry.eff, entry.attempt);
    const answer = done.get(effect);
    if (answer === undefined || answer.outcome === "abandoned" || seen.has(effect)) return [];
    seen.add(effect);
    return [{ ...asked, done: answer }];
  });
}

function askedIn(
  entry: Numbered["entry"],
  { packages }: EntryOf<"START">,
  name: string,
): { readonly key: FunctionKey; readonly args: Uint8Array } | null {
  if (entry.kind === "CALL" && packages[entry.package * 2] === name) {
    return { key: entry.function, args: bytesOf(entry.args) };
  }
  if (entry.kind !== "REQ" || !entry.what.startsWith(`${name} `)) return null;
  return { key: entry.what.slice(name.length + 1), args: bytesOf(entry.input) };
}

function readyOf(done: EntryOf<"DONE">, values: ValueBytes, outward: (value: Value) => Value): Ready {
  const answer = values.decodeAnswer(done.outcome === "ok", bytesOf(done.value));
  if (answer.kind === "error") return { takes: 0, fault: faultOf(answer.error) };
  return { takes: 0, value: outward(answer.value) };
}

function bytesOf(payload: Payload): Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  throw new Fault("blob-missing", `The recording lacks the value ${payload.digest}`);
}
