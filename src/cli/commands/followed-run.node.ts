/**
 * A run of a daemon, at a terminal: what it shows is printed as it becomes durable, every line once.
 *
 *   W1  A daemon that is started again while somebody follows is found again, and lines go on after the last one.
 */
import { setTimeout as elapsed } from "node:timers/promises";
import { Fault } from "../../fault.ts";
import { ErrorValue } from "../../lang/value.ts";
import type { TraceLine } from "../../lang/value.ts";
import type { ShownEvent } from "../../engine/embedding/run-program.node.ts";
import { findDaemon } from "../../daemon/client.node.ts";
import type { Answered, DaemonClient } from "../../daemon/client.node.ts";
import type { RunInfo } from "../../engine/embedding/runs.ts";

/** Milliseconds that a daemon may be away, and between two looks for it. */
const AWAY = 30_000;
const LOOK = 200;

export interface Followed {
  readonly client: DaemonClient;
  readonly store: string;
  readonly id: string;
  readonly signal: AbortSignal;
  readonly shown: (event: ShownEvent, lsn: number) => void;
  readonly from?: number;
}

/** Until the run has ended, or the signal aborts. @throws {Fault} `daemon-lost` when it stays away */
export async function followRun({ client, store, id, signal, shown, from = 1 }: Followed): Promise<void> {
  const state = { client, next: from, ended: false };
  while (!state.ended && !signal.aborted) {
    try {
      const path = `/v1/runs/${encodeURIComponent(id)}/logs?follow=1&from=${state.next}`;
      for await (const line of state.client.lines(path, { signal })) take(line, state, shown);
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof Fault) || !AWAY_CODES.has(thrown.code)) throw thrown;
    }
    if (!state.ended && !signal.aborted) state.client = await foundAgain(store, client, signal);
  }
}

/** The same, but nobody waits for a run that somebody has to decide on first. @throws {Fault} `parked`, and as `followRun` */
export async function followUnlessParked(followed: Followed): Promise<void> {
  const over = new AbortController();
  const signal = AbortSignal.any([followed.signal, over.signal]);
  const following = followRun({ ...followed, signal });
  try {
    await Promise.race([following, parked(followed, signal)]);
  } finally {
    over.abort();
    await following.catch(() => {}); // what was raced for says why
  }
}

/** Milliseconds between two looks. */
const PARKED = 2000;

/** Rejects when the run is parked; never resolves. */
async function parked({ client, id }: Followed, signal: AbortSignal): Promise<never> {
  for (;;) {
    await elapsed(PARKED, undefined, { signal }).catch(() => {}); // over: seen below
    if (signal.aborted) return await new Promise<never>(() => {});
    const asked = client.ask("GET", `/v1/runs/${encodeURIComponent(id)}`, { signal });
    const answer = await asked.catch(() => null); // who follows is told
    if (answer !== null) refuseParked(answer["run"] as RunInfo);
  }
}

/** @throws {Fault} `parked` */
export function refuseParked({ id, state, reason }: Pick<RunInfo, "id" | "state" | "reason">): void {
  if (state !== "parked") return;
  throw new Fault("parked", `The run ${id} is parked: ${reason}`, {
    hint: `\`sennit show ${id}\` tells what is next`,
  });
}

/** The daemon, or its store, is not there just now. */
const AWAY_CODES: ReadonlySet<string> = new Set([
  "daemon-lost",
  "stopping",
  "store-lost",
  "store-full",
  "store-locked",
]);

function take(line: Answered, state: { next: number; ended: boolean }, shown: Followed["shown"]): void {
  const { lsn, ended, next, ...event } = line as { lsn?: number; ended?: boolean; next?: number };
  if (lsn !== undefined) {
    shown(event as ShownEvent, lsn);
    state.next = lsn + 1;
  } else {
    state.next = next ?? state.next;
    state.ended = ended === true;
  }
}

/** W1 */
async function foundAgain(store: string, before: DaemonClient, signal: AbortSignal): Promise<DaemonClient> {
  for (const until = Date.now() + AWAY; Date.now() < until && !signal.aborted;) {
    await elapsed(LOOK, undefined, { signal }).catch(() => {}); // interrupted: seen by the loop
    const found = await findDaemon(store);
    if (found === null) continue;
    found.onWarning = before.onWarning;
    return found;
  }
  if (signal.aborted) return before;
  throw new Fault("daemon-lost", "The daemon has gone; the run goes on when it is started again", {
    hint: `\`sennit daemon start --store ${store}\``,
  });
}

/** Without a trace when a daemon of an earlier version tells it. */
export interface EndedError {
  readonly code: string;
  readonly message: string;
  readonly trace?: readonly TraceLine[];
}

/** How a run ended, as the API tells it. */
export type EndedData =
  | { readonly state: "done"; readonly value: unknown }
  | { readonly state: "failed"; readonly error: EndedError }
  | { readonly state: "cancelled" };

/** The run's value. @throws {Fault} with the error's code when it failed or was cancelled */
export function outcomeOf(ended: EndedData): unknown {
  switch (ended.state) {
    case "done":
      return ended.value;
    case "cancelled":
      throw new Fault("cancelled", "The run was cancelled");
    case "failed":
      throw failureOf(ended.error);
  }
}

/** As a run of this process fails. */
export function failureOf({ code, message, trace = [] }: EndedError): Fault {
  return new Fault(code, message, { cause: new ErrorValue({ code, message, source: "program", trace }) });
}

/** The end of a run that has ended. */
export async function endOf(client: DaemonClient, id: string): Promise<EndedData> {
  const { ended } = await client.ask("GET", `/v1/runs/${encodeURIComponent(id)}/wait?timeout=60`);
  if (ended === null)
    throw new Fault("daemon-invalid", `The daemon says that ${id} has ended, and also that it has not`);
  return ended as EndedData;
}
