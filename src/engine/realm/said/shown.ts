/** What a run shows, as records: a kind (u8), the run's number (u32) and a body; on the way each has its length before it. */
import { Broken, type Reader } from "../../../host/remote/frames/reader.ts";
import type { Writer } from "../../../host/remote/frames/writer.ts";
import type { AnyValue } from "../../../wit/any.ts";
import type { Value } from "../../../wit/value.ts";
import type { RunEvent } from "../../platform/ports.ts";
import { readUntyped, writeUntyped } from "./data.ts";

const PRINT = 1;
const LOG = 2;
const EMIT = 3;
const PROGRESS = 4;
/** What reached the run, on which depends what follows. */
export const TAPE = 5;

const LEVELS: readonly string[] = ["trace", "debug", "info", "warn", "error"];

/** @throws {Fault} `out-of-range` for emitted data that is nested too deeply */
export function writeEvent(to: Writer, run: number, event: RunEvent): Uint8Array<ArrayBuffer> {
  switch (event.kind) {
    case "print":
      to.start(PRINT, run).text(event.text.toWellFormed());
      break;
    case "log":
      to.start(LOG, run).u8(Math.max(0, LEVELS.indexOf(event.level)));
      to.text(event.source.toWellFormed());
      to.text(event.text.toWellFormed());
      break;
    case "emit":
      to.start(EMIT, run).text(event.name);
      writeUntyped(to, event.value as Value);
      break;
    case "progress":
      to.start(PROGRESS, run).f64(event.done);
      to.f64(event.total ?? Number.NaN);
      to.u8(event.text === null ? 0 : 1);
      to.text((event.text ?? "").toWellFormed());
      break;
  }
  return to.finish();
}

export function writeTape(to: Writer, run: number, tape: Uint8Array): Uint8Array<ArrayBuffer> {
  to.start(TAPE, run).raw(tape);
  return to.finish();
}

/** Bytes of a record before its body. */
export const HEAD = 5;

/** What a record of a kind shows, from behind the number of its run. @throws {Broken} */
export function readEvent(kind: number, from: Reader): RunEvent {
  const event = eventOf(kind, from);
  from.close();
  return event;
}

function eventOf(kind: number, from: Reader): RunEvent {
  switch (kind) {
    case PRINT:
      return { kind: "print", text: from.text() };
    case LOG: {
      const level = LEVELS[from.u8()];
      if (level === undefined) throw new Broken("a line of no level");
      return { kind: "log", level, source: from.text(), text: from.text() };
    }
    case EMIT:
      return { kind: "emit", name: from.text(), value: readUntyped(from) as AnyValue };
    case PROGRESS: {
      const [done, total, has, text] = [from.f64(), from.f64(), from.flag(), from.text()];
      return { kind: "progress", done, total: Number.isNaN(total) ? null : total, text: has ? text : null };
    }
    default:
      throw new Broken(`an event of kind ${kind}`);
  }
}
