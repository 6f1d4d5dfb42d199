/**
 * Durable runs as they live: taken up to their first call of a guest, asleep by the thousand, handed to a daemon.
 */
import { randomBytes } from "node:crypto";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { type DaemonClient, findDaemon } from "../../src/daemon/client.node.ts";
import { openExecutor } from "../../src/engine/executor/node.node.ts";
import { openSqlite } from "../../src/journal/sqlite/sqlite-store.node.ts";
import { temporaryFolder } from "../host/temporary.ts";
import { refuseWrongAnswer, spread } from "./measure.ts";
import type { Report } from "./report.ts";

const group = "Durable runs";
const FOREVER = new AbortController().signal;
const SAMPLES = fileURLToPath(new URL("../../plugins/samples/bench.sennit", import.meta.url));
const MAIN = fileURLToPath(new URL("../../src/cli/main.node.ts", import.meta.url));

export async function benchLiving(report: Report): Promise<void> {
  for (const guest of report.quick ? ["lua"] : ["rust", "lua", "python"]) await benchFirstCall(report, guest);
  await benchSleepers(report, report.quick ? 10 : 2000);
  await benchDaemon(report, report.quick ? 2 : 30);
}

/** A run with calls behind it waits, its process ends, and another takes it up: until the next call has answered. */
async function benchFirstCall(report: Report, guest: string): Promise<void> {
  const calls = report.quick ? 3 : 1000;
  const times: number[] = [];
  for (let at = 0; at < (report.quick ? 1 : 5); at++) times.push(await firstCall(guest, calls));
  report.add({
    group,
    what: `from the store to the first call, ${guest}, ${calls} calls behind`,
    excludes: "the start of the process, opening the program and its packages",
    unit: "s",
    figures: { sennit: spread(times) },
  });
}

async function firstCall(guest: string, calls: number): Promise<number> {
  await using folder = await temporaryFolder();
  const source = `require "./counter-${guest}" as counter; require called;
    i = 0; while (i < ${calls}) { counter.increment(); i = i + 1; }
    wait signal("go"); called(counter.increment());`;
  let found: number | null = null;
  const functions = { called: (n: unknown) => void (found = Number(n)) };
  const options = { functions, sleepAfter: 1 };
  await using store = await openSqlite(join(folder.path, "runs.db"));
  const id = await (async () => {
    await using executor = await openExecutor(store, options);
    const run = await executor.submit({ file: SAMPLES, source });
    for (let shown = await executor.show(run.id); shown.state !== "waiting"; shown = await executor.show(run.id)) {
      if (shown.state === "parked") throw new Error(`the run is parked: ${shown.reason}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return run.id;
  })();
  await using executor = await openExecutor(store, options);
  // Another run of the program, so that it is open and warm.
  const other = await executor.submit({ file: SAMPLES, source: source.replace(String(calls), "1"), id: "other" });
  await executor.signal(other.id, { name: "go", value: null, sender: "bench" });
  await executor.wait(other.id, FOREVER);
  found = null;
  const begin = process.hrtime.bigint();
  await executor.signal(id, { name: "go", value: null, sender: "bench" });
  await executor.wait(id, FOREVER);
  const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
  refuseWrongAnswer(`a ${guest} counter`, found, calls + 1);
  return seconds;
}

/** What a run that sleeps costs: memory of the process, and bytes of the store. */
async function benchSleepers(report: Report, count: number): Promise<void> {
  await using folder = await temporaryFolder();
  await using store = await openSqlite(join(folder.path, "runs.db"));
  await using executor = await openExecutor(store, { sleepAfter: 1 });
  const run = { file: join(folder.path, "sleeper.sennit"), source: 'wait signal("go"); 1;' };
  await allAsleep(executor, run, 0, Math.ceil(count / 10)); // what is made once is there then
  const before = used();
  await allAsleep(executor, run, Math.ceil(count / 10), count);
  const each = (used() - before) / (count - Math.ceil(count / 10));
  const row = {
    group,
    what: `memory of a sleeping run, ${count} of them`,
    excludes: "what the store's file keeps of it",
    goal: 1024,
  };
  // Other things come and go in the heap meanwhile.
  if (each < 16) return report.missing(row, "less than the heap moves by itself");
  report.add({ ...row, unit: "B", figures: { sennit: { median: each, low: each, high: each } } });
}

type Running = Awaited<ReturnType<typeof openExecutor>>;

async function allAsleep(
  executor: Running,
  run: Parameters<Running["submit"]>[0],
  from: number,
  to: number,
): Promise<void> {
  for (let at = from; at < to; at += 200) {
    const these = Array.from({ length: Math.min(200, to - at) }, (_, n) =>
      executor.submit({ ...run, id: `s${at + n}` }),
    );
    await Promise.all(these);
  }
  while ((await executor.list({ states: ["running", "queued"], limit: 1 })).length > 0)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
setFlagsFromString("--no-expose-gc");

/** Bytes in use, once what is needed no more is gone. */
function used(): number {
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A real daemon in a process of its own: from the request to the first line that the run shows. */
async function benchDaemon(report: Report, count: number): Promise<void> {
  await using folder = await temporaryFolder();
  const store = join(folder.path, "runs.db");
  const daemon = spawn(process.execPath, [MAIN, "daemon", "start", "--foreground", "--store", store], {
    stdio: "ignore",
  });
  const gone = once(daemon, "exit");
  try {
    const client = await found(store);
    const times: number[] = [];
    for (let at = 0; at < count; at++) {
      const id = randomBytes(8).toString("hex");
      const begin = process.hrtime.bigint();
      await client.ask("POST", "/v1/runs", { body: { id, file: join(folder.path, "a.sennit"), source: 'print "x";' } });
      for await (const line of client.lines(`/v1/runs/${id}/logs?follow=1`)) {
        refuseWrongAnswer("the daemon", JSON.stringify(line).includes('"x"'), true);
        break;
      }
      if (at >= count / 10) times.push(Number(process.hrtime.bigint() - begin) / 1e9);
    }
    const excludes = "the start of the client's process; packages to open";
    report.add({
      group,
      what: "daemon: from the request to the first line, durable",
      excludes,
      unit: "s",
      figures: { sennit: spread(times) },
    });
  } finally {
    daemon.kill("SIGTERM");
    await gone;
  }
}

/** @throws {Error} when it does not come */
async function found(store: string): Promise<DaemonClient> {
  for (let tries = 0; tries < 200; tries++) {
    const client = await findDaemon(store);
    if (client !== null) return client;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the daemon did not start");
}
