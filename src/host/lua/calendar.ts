/**
 * The calendar behind Lua's `os.time` and `os.date`: always UTC, always the C locale, so that no run depends on the machine it is on.
 * A broken-down time is C's `struct tm`: nine 32-bit integers from the given offset, then the zone's offset and name.
 */
import type { Pointer } from "./api.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = "January February March April May June July August September October November December".split(" ");
const MILLISECONDS_OF_A_DAY = 86_400_000;

/** Writes the broken-down time of a number of seconds since the epoch. */
export function writeTime(view: DataView, at: Pointer, seconds: bigint): void {
  const date = new Date(Number(seconds) * 1000);
  const year = date.getUTCFullYear();
  const fields = [
    date.getUTCSeconds(),
    date.getUTCMinutes(),
    date.getUTCHours(),
    date.getUTCDate(),
    date.getUTCMonth(),
    year - 1900,
    date.getUTCDay(),
    Math.floor((date.getTime() - Date.UTC(year, 0, 1)) / MILLISECONDS_OF_A_DAY),
    0,
    0,
  ];
  fields.forEach((field, index) => view.setInt32(at + 4 * index, field, true));
}

/** The seconds since the epoch of a broken-down time, which is normalised in place. */
export function readTime(view: DataView, at: Pointer): bigint {
  const field = (index: number): number => view.getInt32(at + 4 * index, true);
  const date = new Date(0);
  date.setUTCFullYear(field(5) + 1900, field(4), field(3));
  date.setUTCHours(field(2), field(1), field(0), 0);
  const seconds = date.getTime() / 1000;
  if (!Number.isFinite(seconds)) return -1n;
  writeTime(view, at, BigInt(seconds));
  return BigInt(seconds);
}

/** `strftime` of one format, such as `%Y-%m-%d`. An unknown conversion stays as it is. */
export function formatTime(view: DataView, at: Pointer, format: string): string {
  const field = (index: number): number => view.getInt32(at + 4 * index, true);
  return expand(format, {
    second: field(0),
    minute: field(1),
    hour: field(2),
    day: field(3),
    month: field(4),
    year: field(5) + 1900,
    weekday: field(6),
    yearday: field(7),
  });
}

interface Moment {
  readonly second: number;
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly year: number;
  readonly weekday: number;
  readonly yearday: number;
}

function expand(format: string, time: Moment): string {
  return format.replaceAll(/%[EO]?(.)/gs, (whole, conversion: string) => convert(conversion, time) ?? whole);
}

function convert(conversion: string, t: Moment): string | undefined {
  switch (conversion) {
    case "a":
      return DAYS[t.weekday]?.slice(0, 3);
    case "A":
      return DAYS[t.weekday];
    case "b":
    case "h":
      return MONTHS[t.month]?.slice(0, 3);
    case "B":
      return MONTHS[t.month];
    case "c":
      return expand("%a %b %e %H:%M:%S %Y", t);
    case "C":
      return two(Math.floor(t.year / 100));
    case "d":
      return two(t.day);
    case "D":
    case "x":
      return expand("%m/%d/%y", t);
    case "e":
      return String(t.day).padStart(2, " ");
    case "F":
      return expand("%Y-%m-%d", t);
    case "g":
      return two(isoWeek(t).year % 100);
    case "G":
      return String(isoWeek(t).year);
    case "H":
      return two(t.hour);
    case "I":
      return two(t.hour % 12 === 0 ? 12 : t.hour % 12);
    case "j":
      return String(t.yearday + 1).padStart(3, "0");
    case "m":
      return two(t.month + 1);
    case "M":
      return two(t.minute);
    case "n":
      return "\n";
    case "p":
      return t.hour < 12 ? "AM" : "PM";
    case "r":
      return expand("%I:%M:%S %p", t);
    case "R":
      return expand("%H:%M", t);
    case "S":
      return two(t.second);
    case "t":
      return "\t";
    case "T":
    case "X":
      return expand("%H:%M:%S", t);
    case "u":
      return String(t.weekday === 0 ? 7 : t.weekday);
    case "U":
      return two(Math.floor((t.yearday + 7 - t.weekday) / 7));
    case "V":
      return two(isoWeek(t).week);
    case "w":
      return String(t.weekday);
    case "W":
      return two(Math.floor((t.yearday + 7 - ((t.weekday + 6) % 7)) / 7));
    case "y":
      return two(t.year % 100);
    case "Y":
      return String(t.year);
    case "z":
      return "+0000";
    case "Z":
      return "GMT";
    case "%":
      return "%";
    default:
      return undefined;
  }
}

/** The week of ISO 8601: the one that holds its Thursday. */
function isoWeek(t: Moment): { year: number; week: number } {
  const thursday = new Date(0);
  thursday.setUTCFullYear(t.year, t.month, t.day + 4 - (t.weekday === 0 ? 7 : t.weekday));
  const year = thursday.getUTCFullYear();
  const days = (thursday.getTime() - Date.UTC(year, 0, 1)) / MILLISECONDS_OF_A_DAY;
  return { year, week: 1 + Math.floor(days / 7) };
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
