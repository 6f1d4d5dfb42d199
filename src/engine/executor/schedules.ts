/**
 * Runs that are begun by the clock.
 *
 *   H1  The run of each time is named for it, and is begun before the time is noted as done: so no time is begun twice, and a
 *       crash between the two begins it no second time.
 *   H2  What was due while nobody ran the executor begins once, for the last time of them, or not at all.
 *   H3  A schedule that cannot begin its run says so, and goes on with the next time.
 */
import type { Store } from "../../journal/store.ts";
import type { Timer, Timers } from "../loop/timers.ts";
import { dueTimes, invalid } from "./due.ts";
import type { Due } from "./due.ts";
import type { Schedule, ScheduleState, Submission } from "./executor.ts";
import { checkName } from "./names.ts";
import { readJson, settingInvalid, writeJson } from "./setting.ts";

export interface SchedulePorts {
  readonly store: Store;
  readonly timers: Timers;
  readonly now: () => number;
  readonly check: (run: Submission) => Promise<void>;
  readonly submit: (run: Submission) => Promise<unknown>;
  readonly warn: (text: string) => void;
}

interface Kept {
  readonly schedule: Schedule;
  /** When it was made. */
  readonly since: number;
  last: number | null;
  readonly due: Due;
  timer: Timer | null;
}

const PREFIX = "schedule/";
const MOST = 10_000;

export class Schedules {
  readonly #ports: SchedulePorts;
  readonly #kept = new Map<string, Kept>();
  /** Runs being begun. */
  readonly #beginning = new Set<Promise<void>>();
  #isClosed = false;

  constructor(ports: SchedulePorts) {
    this.#ports = ports;
  }

  /** H2. One that is not sound is left alone, and said. */
  async load(): Promise<void> {
    for (const { key, value } of await this.#ports.store.settings(PREFIX)) {
      try {
        const kept = keptOf(key, readJson(key, value));
        this.#kept.set(kept.schedule.name, kept);
        await this.#catchUp(kept);
        this.#arm(kept);
      } catch (failure) {
        this.#ports.warn(failure instanceof Error ? failure.message : String(failure));
      }
    }
  }

  all(): readonly ScheduleState[] {
    const states = [...this.#kept.values()].map(({ schedule, last, timer }): ScheduleState => {
      return { ...schedule, next: timer?.at ?? null, last };
    });
    return states.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async set(schedule: Schedule): Promise<void> {
    const { check, now } = this.#ports;
    const since = Math.floor(now());
    const kept = keptOf(`${PREFIX}${schedule.name}`, { schedule, since, last: null });
    if (!this.#kept.has(schedule.name) && this.#kept.size >= MOST) {
      throw invalid("name", `there are ${MOST} schedules already`);
    }
    await check(kept.schedule.submission);
    await this.#write(kept);
    this.#kept.get(schedule.name)?.timer?.cancel();
    this.#kept.set(schedule.name, kept);
    this.#arm(kept);
  }

  async remove(name: string): Promise<boolean> {
    const kept = this.#kept.get(name);
    const isThere = kept !== undefined || (await this.#ports.store.setting(`${PREFIX}${name}`)) !== undefined;
    kept?.timer?.cancel();
    this.#kept.delete(name);
    await this.#ports.store.set(`${PREFIX}${name}`, null);
    return isThere;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { timer } of this.#kept.values()) timer?.cancel();
    await Promise.all(this.#beginning);
  }

  #arm(kept: Kept): void {
    if (this.#isClosed) return;
    const at = kept.due.after(Math.max(kept.last ?? kept.since, kept.since));
    kept.timer = at === null ? null : this.#ports.timers.set(at, () => this.#fire(kept, at));
  }

  #fire(kept: Kept, at: number): void {
    const { now, warn } = this.#ports;
    const beginning = this.#begin(kept, kept.due.upTo(Math.floor(now())) ?? at)
      .catch((failure: unknown) => {
        if (!this.#isClosed) warn(failure instanceof Error ? failure.message : String(failure));
      })
      .finally(() => {
        this.#beginning.delete(beginning);
        if (this.#kept.get(kept.schedule.name) === kept) this.#arm(kept);
      });
    this.#beginning.add(beginning);
  }

  async #catchUp(kept: Kept): Promise<void> {
    const latest = kept.due.upTo(Math.floor(this.#ports.now()));
    if (latest === null || latest <= (kept.last ?? kept.since)) return;
    if (kept.schedule.missed === "once") return await this.#begin(kept, latest);
    kept.last = latest;
    await this.#write(kept);
  }

  /** H1 */
  async #begin(kept: Kept, at: number): Promise<void> {
    const { name, submission } = kept.schedule;
    kept.last = at;
    try {
      await this.#ports.submit({ ...submission, id: `${name}@${new Date(at).toISOString()}` });
    } catch (failure) {
      if (this.#isClosed) return; // whoever opens the store next begins it
      const why = failure instanceof Error ? failure.message : String(failure);
      this.#ports.warn(`The schedule ${name} could not begin its run of ${new Date(at).toISOString()}: ${why}`); // H3
    }
    if (this.#kept.get(name) === kept) await this.#write(kept);
  }

  async #write({ schedule, since, last }: Kept): Promise<void> {
    await this.#ports.store.set(`${PREFIX}${schedule.name}`, writeJson({ schedule, since, last }));
  }
}

/** What is kept of a schedule, or is to be, checked. */
function keptOf(key: string, given: unknown): Kept {
  const { schedule, since, last } = fields(key, given);
  const { name, when, submission, missed } = fields(key, schedule);
  if (typeof name !== "string") throw invalid("name", "it is missing");
  checkName("schedule", name);
  if (key !== `${PREFIX}${name}`) throw settingInvalid(key, `it is of ${name}`);
  if (missed !== "once" && missed !== "skip") throw invalid("missed", "it is `once` or `skip`");
  if (typeof since !== "number" || (last !== null && typeof last !== "number")) throw settingInvalid(key, "no time");
  const checked = { name, when: whenOf(when), missed, submission: submissionOf(submission) } as const;
  return { schedule: checked, since, last, due: dueTimes(checked.when, since), timer: null };
}

function whenOf(given: unknown): Schedule["when"] {
  const { kind, expression, zone, milliseconds } = fields("when", given);
  if (kind === "interval" && typeof milliseconds === "number") return { kind, milliseconds };
  if (kind === "cron" && typeof expression === "string" && typeof zone === "string") return { kind, expression, zone };
  throw invalid("when", "it is a cron expression with a zone, or an interval");
}

function submissionOf(given: unknown): Schedule["submission"] {
  const { file, source, params, texts, grants, queue, key, priority } = fields("submission", given);
  if (typeof file !== "string" || typeof source !== "string") throw invalid("submission", "file or source is missing");
  return {
    file,
    source,
    ...(isRecord(params) ? { params } : {}),
    ...(isTexts(texts) ? { texts } : {}),
    ...(isTexts(grants) ? { grants } : {}),
    ...(typeof queue === "string" ? { queue } : {}),
    ...(typeof key === "string" ? { key } : {}),
    ...(typeof priority === "number" ? { priority } : {}),
  };
}

function fields(key: string, given: unknown): Readonly<Record<string, unknown>> {
  if (!isRecord(given)) throw settingInvalid(key, "it is no record");
  return given;
}

function isRecord(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === "object" && given !== null && !Array.isArray(given);
}

function isTexts(given: unknown): given is readonly string[] {
  return Array.isArray(given) && given.every((each) => typeof each === "string");
}
