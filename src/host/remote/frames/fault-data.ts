/**
 * Faults as data: what crosses is code, message, source, hint and the guest's frames; never an object of another realm.
 */
import { Fault, type ForeignFrame } from "../../../fault.ts";
import { Broken, type Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

const MOST_TEXT = 16_384;
const MOST_FRAMES = 64;
const CODE = /^[a-z][a-z0-9-]{0,63}$/;

/** Writes whatever was thrown. What is no fault has its message and no code of its own. */
export function writeFault(to: Writer, thrown: unknown, otherwise: string): void {
  const fault = thrown instanceof Fault ? thrown : new Fault(otherwise, messageOf(thrown));
  to.text(fault.code);
  to.text(short(fault.source));
  to.text(short(fault.message));
  to.text(short(fault.hint ?? ""));
  const frames = fault.frames.slice(0, MOST_FRAMES);
  to.u8(frames.length);
  for (const frame of frames) writeFrame(to, frame);
}

/**
 * @param own the only source, beside `sennit`, in whose name the other side may speak; null when it may in any
 * @throws {Broken} when it is no fault, or larger than one may be
 */
export function readFault(from: Reader, own: string | null): Fault {
  const code = from.text();
  if (!CODE.test(code)) throw new Broken("a fault has no code");
  const claimed = boundedText(from);
  const message = boundedText(from);
  const hint = boundedText(from);
  const count = from.u8();
  if (count > MOST_FRAMES) throw new Broken(`a fault has ${count} frames`);
  const frames = Array.from({ length: count }, () => readFrame(from));
  const source = own === null || claimed === "sennit" ? claimed : own;
  return new Fault(code, message, { source, frames, ...(hint === "" ? {} : { hint }) });
}

function writeFrame(to: Writer, { function: name, file, line, column }: ForeignFrame): void {
  to.text(short(name));
  to.text(short(file ?? ""));
  to.u32(line ?? 0);
  to.u32(column ?? 0);
}

/** Lines and columns count from 1, so that 0 says that there is none. */
function readFrame(from: Reader): ForeignFrame {
  const name = boundedText(from);
  const file = boundedText(from);
  const line = from.u32();
  const column = from.u32();
  return {
    function: name,
    ...(file === "" ? {} : { file }),
    ...(line === 0 ? {} : { line }),
    ...(column === 0 ? {} : { column }),
  };
}

function boundedText(from: Reader): string {
  const text = from.text();
  if (text.length > MOST_TEXT) throw new Broken(`a text of a fault has ${text.length} characters`);
  return text;
}

function short(text: string): string {
  return text.slice(0, MOST_TEXT).toWellFormed();
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
