/** Operations on queues, schedules and packages, and what strangers post to webhooks. */
import { existsSync } from "node:fs";
import { isAbsolute } from "node:path";
import { createHash, randomUUID } from "node:crypto";
import { Fault } from "../fault.ts";
import type { QueueSettings, Schedule } from "../engine/executor/executor.ts";
import { fromPlain } from "../engine/embedding/plain.ts";
import type { AnyValue } from "../wit/any.ts";
import { data } from "./asked.ts";
import type { Asked, Reply } from "./asked.ts";
import { Fields } from "./fields.ts";
import { submissionIn } from "./submission.node.ts";

const MOST_AT_ONCE = 1_000_000;
/** Milliseconds: 100 years. */
const LONGEST_INTERVAL = 100 * 366 * 86_400_000;

export async function queues({ executor }: Asked): Promise<Reply> {
  const shown = [...(await executor.queues())].map(([name, { concurrency, perKey, retention }]) => {
    const { olderThan: keepFor = null, newest: keepNewest = null } = retention ?? {};
    return [name, { concurrency, perKey, keepFor, keepNewest }] as const;
  });
  return data({ queues: new Map(shown) });
}

export async function setQueue({ executor, param, body }: Asked): Promise<Reply> {
  const name = param("name");
  const fields = new Fields(body);
  const settings: QueueSettings = {
    concurrency: fields.maybeInteger("concurrency", 1, MOST_AT_ONCE) ?? null,
    perKey: fields.maybeInteger("perKey", 1, MOST_AT_ONCE) ?? null,
    ...retentionIn(fields),
  };
  fields.finish();
  await executor.setQueue(name, settings);
  return data({ name });
}

function retentionIn(fields: Fields): Pick<QueueSettings, "retention"> {
  const olderThan = fields.maybeInteger("keepFor", 0, LONGEST_INTERVAL);
  const newest = fields.maybeInteger("keepNewest", 0, Number.MAX_SAFE_INTEGER);
  if (olderThan === undefined && newest === undefined) return {};
  return {
    retention: { ...(olderThan === undefined ? {} : { olderThan }), ...(newest === undefined ? {} : { newest }) },
  };
}

export async function removeQueue({ executor, param }: Asked): Promise<Reply> {
  const name = param("name");
  if (!(await executor.queues()).has(name)) {
    throw new Fault("unknown-queue", `There are no settings of a queue ${name}`, { hint: "`sennit queue list`" });
  }
  await executor.setQueue(name, null);
  return data({ name });
}

export async function schedules({ executor }: Asked): Promise<Reply> {
  const all = await executor.schedules();
  const shown = all.map(({ name, when, submission, missed, next, last }) => {
    const { source: _, ...rest } = submission;
    return { name, ...whenData(when), missed, next, last, submission: rest };
  });
  return data({ schedules: shown });
}

function whenData(when: Schedule["when"]): Readonly<Record<string, unknown>> {
  return when.kind === "cron" ? { cron: when.expression, zone: when.zone } : { every: when.milliseconds };
}

export async function setSchedule({ executor, param, body }: Asked): Promise<Reply> {
  const name = param("name");
  const fields = new Fields(body);
  const when = whenIn(fields);
  const missed = fields.oneOf("missed", ["once", "skip"] as const) ?? "skip";
  const run = fields.object("submission");
  if (run === undefined) throw fields.mistake("submission", "is missing");
  const submission = submissionIn(run);
  run.finish();
  fields.finish();
  await executor.setSchedule({ name, when, missed, submission });
  return data({ name });
}

function whenIn(fields: Fields): Schedule["when"] {
  const expression = fields.maybeText("cron");
  const milliseconds = fields.maybeInteger("every", 1, LONGEST_INTERVAL);
  const zone = fields.maybeText("zone");
  if (expression !== undefined && milliseconds === undefined) return { kind: "cron", expression, zone: zone ?? "UTC" };
  if (expression === undefined && milliseconds !== undefined && zone === undefined) {
    return { kind: "interval", milliseconds };
  }
  throw new Fault("bad-request", "A schedule has either `cron`, with a `zone`, or `every`");
}

export async function removeSchedule({ executor, param }: Asked): Promise<Reply> {
  const name = param("name");
  if (await executor.removeSchedule(name)) return data({ name });
  throw new Fault("unknown-schedule", `There is no schedule ${name}`, { hint: "`sennit schedule list`" });
}

export async function reload({ executor, body }: Asked): Promise<Reply> {
  if (body !== undefined) new Fields(body).finish();
  return data({ changed: await executor.reload() });
}

export async function backup({ executor, body }: Asked): Promise<Reply> {
  const fields = new Fields(body);
  const path = fields.text("path");
  fields.finish();
  if (!isAbsolute(path) || path.includes("\0") || path.length > 4096) {
    throw new Fault("bad-request", "`path` is no absolute path");
  }
  if (existsSync(path)) {
    throw new Fault("file-exists", `${path} is there already`, { hint: "Name a new file: nothing is written over." });
  }
  await executor.inStore(async (store) => {
    await store.backup(path);
    return { made: [] };
  });
  return data({ path }, 201);
}

/** Senders give each delivery a name under one of these headers, the same when they send it again. */
const DELIVERY = ["idempotency-key", "webhook-id"];

export async function hook({ executor, param, body, header }: Asked): Promise<Reply> {
  const token = param("token");
  const value = fromPlain({ kind: "Any" }, body ?? null, "body") as AnyValue;
  const sender = deliveryOf(token, header);
  if (await executor.webhook(token, { value, sender })) return data({ accepted: true });
  throw new Fault("unknown-webhook", "Nobody waits at this address");
}

/** One run may have several webhooks: what one sender calls a delivery means nothing at another address. */
function deliveryOf(token: string, header: Asked["header"]): string {
  const given = DELIVERY.map((name) => header(name)).find((value) => value !== undefined && value !== "");
  const name = given === undefined ? randomUUID() : createHash("sha256").update(given).digest("hex").slice(0, 32);
  return `hook:${createHash("sha256").update(token).digest("hex").slice(0, 16)}:${name}`;
}
