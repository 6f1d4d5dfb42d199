/**
 * Names that users give: of runs, queues, keys, schedules, signals. They go into addresses, messages and the store, so they
 * are short texts of known characters; what is only compared may have any but control characters.
 */
import { Fault } from "../../fault.ts";

/** No `/`: an id is one segment of an address. No `~`: it ends the id in a webhook's token. */
const ID = /^[A-Za-z0-9_][A-Za-z0-9_.:@+-]{0,199}$/;
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** An id as somebody gave it, for a message. */
export function shown(id: string): string {
  const text = id.replaceAll(/[\p{Cc}\u2028\u2029]/gu, "�");
  return text.length <= 200 ? text : `${text.slice(0, 200)}…`;
}

export function checkId(id: string): void {
  if (ID.test(id)) return;
  throw new Fault("bad-id", "The id of a run has 1 to 200 letters, digits and `_.:@+-`, and begins with no sign", {
    hint: "Leave it away to get a random one",
  });
}

export function checkName(what: "queue" | "schedule", name: string): void {
  if (NAME.test(name)) return;
  throw new Fault(
    `bad-${what}`,
    `The name of a ${what} has 1 to 100 letters, digits and \`_.-\`, and begins with no sign`,
  );
}

/** A key of a queue, the name of a signal, or who sent it. */
export function checkText(what: "key" | "signal" | "sender", text: string): void {
  if (text.length > 0 && text.length <= 500 && !CONTROL.test(text) && text.isWellFormed()) return;
  throw new Fault(`bad-${what}`, `A ${what} is a text of 1 to 500 characters, control characters not among them`);
}

export function checkPriority(priority: number): void {
  if (Number.isSafeInteger(priority) && Math.abs(priority) <= 1_000_000) return;
  throw new Fault("bad-priority", "A priority is an integer from -1000000 to 1000000");
}
