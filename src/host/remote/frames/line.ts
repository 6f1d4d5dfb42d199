/** A line of a guest's log as bytes. */
import type { LogLine } from "../../plugin.ts";
import { Broken, type Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

const LEVELS: readonly LogLine["level"][] = ["trace", "debug", "info", "warn", "error"];

export function writeLine(to: Writer, { level, text }: LogLine): void {
  to.u8(LEVELS.indexOf(level));
  to.text(text.toWellFormed());
}

/** @throws {Broken} */
export function readLine(from: Reader): LogLine {
  const level = LEVELS[from.u8()];
  if (level === undefined) throw new Broken("a line of no level");
  return { level, text: from.text() };
}
