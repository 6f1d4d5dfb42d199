/**
 * Instants from text: RFC 3339 in UTC (`2026-11-21T11:30:00.5Z`), the inverse of print-time.ts. No offsets and no leap
 * seconds: a workflow's time line has neither.
 */
import { integer } from "../../wit/value.ts";
import type { Int } from "./maths-int.ts";

const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z$/;

/** Nanoseconds since 1970; null when the text is no instant, or one that an Instant cannot hold. */
export function parseInstant(text: string): Int | null {
  const found = FORM.exec(text);
  if (found === null) return null;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59) return null;
  const seconds = daysSince1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
  const nanoseconds = BigInt(seconds) * 1_000_000_000n + BigInt((found[7] ?? "").padEnd(9, "0"));
  return nanoseconds < -(2n ** 63n) || nanoseconds >= 2n ** 64n ? null : integer(nanoseconds);
}

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Years begin on the first of March here, so that the leap day comes last. */
function daysSince1970(year: number, month: number, day: number): number {
  const years = month > 2 ? year : year - 1;
  const months = (month + 9) % 12;
  const leaps = Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400);
  return 365 * years + leaps + Math.floor((153 * months + 2) / 5) + day - 1 - 719_468;
}
