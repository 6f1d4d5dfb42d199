/** Operations on runs. */
import { randomUUID } from "node:crypto";

import { fromPlain, toPlain } from "../engine/embedding/plain.ts";
import type { Shown } from "../engine/durable/follow.ts";
import type { RunQuery } from "../journal/store.ts";
import type { AnyValue } from "../wit/any.ts";
import { data } from "./asked.ts";
import type { Asked, Operation, Reply } from "./asked.ts";
import { Fields } from "./fields.ts";
import { ENDINGS, stateNamed } from "./run-data.ts";
import { infoOf } from "../engine/embedding/runs.ts";
import { LONGEST_PAGE, LONGEST_WAIT } from "./limits.ts";
import { namedRunIn } from "./submission.node.ts";

export async function submit({ executor, body }: Asked): Promise<Reply> {
  const fields = new Fields(body);
  const run = namedRunIn(fields);
  fields.finish();
  const { id, isNew } = await executor.submit(run);
  return data({ id, isNew }, isNew ? 201 : 200);
}

export async function list({ executor, query }: Asked): Promise<Reply> {
  const limit = query.integer("limit", 1, LONGEST_PAGE, 100);
  const given = { prefix: query.text("prefix"), queue: query.text("queue"), after: query.text("after") };
  const states = query.text("state")?.split(",").map(stateNamed);
  const wanted: RunQuery = {
    limit,
    ...(states === undefined ? {} : { states }),
    ...(given.prefix === undefined ? {} : { prefix: given.prefix }),
    ...(given.queue === undefined ? {} : { queue: given.queue }),
    ...(given.after === undefined ? {} : { after: given.after }),
  };
  const runs = await executor.list(wanted);
  return data({ runs: runs.map(infoOf), after: runs.length < limit ? null : (runs.at(-1)?.id ?? null) });
}

export async function show({ executor, param }: Asked): Promise<Reply> {
  const run = await executor.show(param("id"));
  const { packages, grants, parent, error } = run;
  return data({ run: { ...infoOf(run), packages, grants, parent, error } });
}

export async function logs({ executor, param, query, gone }: Asked): Promise<Reply> {
  const id = param("id");
  const from = query.integer("from", 1, Number.MAX_SAFE_INTEGER, 1);
  await executor.show(id); // refuses an unknown run while there is a status to say so
  const until = query.flag("follow") ? { until: gone } : {};
  return { kind: "lines", lines: linesOf(executor, id, { from, ...until }) };
}

async function* linesOf(
  executor: Asked["executor"],
  id: string,
  options: { readonly from: number; readonly until?: AbortSignal },
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  let next = options.from;
  for await (const shown of executor.follow(id, options)) {
    next = shown.lsn + 1;
    yield lineOf(shown);
  }
  const { state } = await executor.show(id);
  yield { next, ended: ENDINGS.has(state) };
}

function lineOf({ lsn, event }: Shown): Readonly<Record<string, unknown>> {
  if (event.kind !== "emit") return { lsn, ...event };
  return { lsn, ...event, value: toPlain({ kind: "Any" }, event.value) };
}

export async function wait({ executor, param, query, gone }: Asked): Promise<Reply> {
  const seconds = query.number("timeout", 0, LONGEST_WAIT, 60);
  const late = AbortSignal.timeout(Math.ceil(seconds * 1000));
  const ended = await executor.wait(param("id"), AbortSignal.any([gone, late]));
  return data({ ended });
}

export async function signal({ executor, param, body }: Asked): Promise<Reply> {
  const fields = new Fields(body);
  const name = fields.text("name");
  const sender = fields.maybeText("sender") ?? randomUUID();
  const value = fromPlain({ kind: "Any" }, fields.take("value") ?? null, "value") as AnyValue;
  fields.finish();
  const { isNew } = await executor.signal(param("id"), { name, value, sender });
  return data({ isNew });
}

export const cancel: Operation = once((executor, id) => executor.cancel(id));
export const pause: Operation = once((executor, id) => executor.pause(id));
export const resume: Operation = once((executor, id) => executor.resume(id));
export const remove: Operation = once((executor, id) => executor.remove(id));

function once(work: (executor: Asked["executor"], id: string) => Promise<void>): Operation {
  return async ({ executor, param, body }) => {
    if (body !== undefined) new Fields(body).finish();
    const id = param("id");
    await work(executor, id);
    return data({ id });
  };
}

export async function retry({ executor, param, body }: Asked): Promise<Reply> {
  if (body !== undefined) new Fields(body).finish();
  return data({ id: (await executor.retry(param("id"))).id });
}
