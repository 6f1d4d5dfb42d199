/** What a call is in a durable run, at the end of its frame: nothing when it is none. */
import type { CallEffect } from "../../plugin.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

const CLASSES: readonly CallEffect["class"][] = ["read", "keyed", "idempotent", "once"];

export function writeEffect(to: Writer, effect: CallEffect | undefined): void {
  if (effect === undefined) return;
  to.u8(CLASSES.indexOf(effect.class));
  to.text(effect.key);
}

/** @throws {Broken} */
export function readEffect(from: Reader): CallEffect | undefined {
  if (from.isAtEnd) return undefined;
  const kind = CLASSES[from.u8()] ?? "once";
  return { class: kind, key: from.text() };
}
