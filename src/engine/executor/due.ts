/**
 * When a schedule is due: cron expressions in a time zone, and intervals.
 *
 *   U1  Times are told by the schedule alone, whoever asks and when: so that each has one name.
 *   U2  A time of the day that the clocks skip is due right after; one that they show twice is due the first time. What is due
 *       every so often goes on through both.
 */
import { Cron } from "croner";
import { Fault } from "../../fault.ts";
import type { Schedule } from "./executor.ts";

type When = Schedule["when"];

/** All in milliseconds since the epoch. */
export interface Due {
  /** The first time after that one; null: there is none any more. */
  readonly after: (time: number) => number | null;
  /** The last time that is not later. */
  readonly upTo: (time: number) => number | null;
}

/** Two to six fields of digits, names and `* , - /`; `L`, `W` and `#` as cron programs have them. */
const FIELDS = /^[0-9A-Za-z*,/#-]+( +[0-9A-Za-z*,/#-]+){4,5}$/;
const LONGEST_EXPRESSION = 500;
const LONGEST_INTERVAL = 100 * 366 * 86_400_000;

/** @param since when the schedule was made: intervals count from there @throws {Fault} `schedule-invalid` with the field */
export function dueTimes(when: When, since: number): Due {
  return when.kind === "cron" ? cronTimes(when.expression, when.zone) : intervalTimes(when.milliseconds, since);
}

function intervalTimes(every: number, since: number): Due {
  if (!Number.isSafeInteger(every) || every < 1 || every > LONGEST_INTERVAL) {
    throw invalid("milliseconds", `an interval is an integer from 1 to ${LONGEST_INTERVAL} milliseconds`);
  }
  const upTo = (time: number): number | null => {
    const count = Math.floor((time - since) / every);
    return count < 1 ? null : since + count * every;
  };
  return { upTo, after: (time) => Math.max(since, upTo(time) ?? since) + every };
}

function cronTimes(expression: string, zone: string): Due {
  if (!isZone(zone)) throw invalid("zone", `there is no time zone ${JSON.stringify(zone)}`);
  const cron = cronOf(expression, zone);
  const time = (date: Date | null | undefined): number | null => date?.getTime() ?? null;
  return {
    after: (from) => time(cron.nextRun(new Date(from))),
    // What it looks back from is whole seconds, and is not among what it finds.
    upTo: (until) => time(cron.previousRuns(1, new Date(Math.floor(until / 1000) * 1000 + 1000))[0]),
  };
}

function cronOf(expression: string, zone: string): Cron {
  const isPlain = expression.length <= LONGEST_EXPRESSION && FIELDS.test(expression);
  if (!isPlain) throw invalid("expression", "a cron expression has five fields, or six with seconds in front");
  try {
    const cron = new Cron(expression, { timezone: zone, mode: "5-or-6-parts", fixedTimeRule: "no-wildcard" });
    if (cron.nextRun(new Date(0)) !== null) return cron;
  } catch (cause) {
    throw invalid("expression", cause instanceof Error ? cause.message : String(cause), cause);
  }
  throw invalid("expression", "it is never due");
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return zone !== "";
  } catch {
    return false;
  }
}

export function invalid(field: string, what: string, cause?: unknown): Fault {
  return new Fault("schedule-invalid", `\`${field}\` of the schedule: ${what}`, cause === undefined ? {} : { cause });
}
