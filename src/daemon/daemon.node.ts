/**
 * A daemon: owns a store, drives its runs, and answers the API, until it is told to stop.
 *
 *   D1  Its file beside the store is written once it answers, and vacated when it stops.
 *   D2  Stopped, it has taken nothing more, ended what was asked, and left every run where it is (E4).
 */
import { Fault } from "../fault.ts";
import type { Kept } from "./keeping.node.ts";
import { Keeping } from "./keeping.node.ts";
import type { ServerLimits } from "./limits.ts";
import { lastPort, vacate, writePlace } from "./place.node.ts";
import type { DaemonPlace } from "./place.node.ts";
import { newToken } from "./proof.node.ts";
import { serve } from "./server.node.ts";
import type { ApiServer } from "./server.node.ts";

export interface DaemonOptions {
  /** Absolute path of its store. */
  readonly store: string;
  /** Opens the store and its executor. `webhook` makes the address that a webhook's token is posted to. */
  readonly open: (webhook: (token: string) => string) => Promise<Kept>;
  /** Unless given, the one that the store's daemon had last, or any that is free. */
  readonly port?: number | undefined;
  /** Where webhooks are reached from elsewhere; unless given, at the daemon's own port. */
  readonly publicUrl?: string | undefined;
  readonly version: string;
  /** Lines for its log. */
  readonly note: (line: string) => void;
  readonly follow?: ((kept: Kept) => AsyncDisposable) | undefined;
  readonly limits?: Partial<ServerLimits>;
}

export interface Daemon extends AsyncDisposable {
  readonly place: DaemonPlace;
  readonly url: string;
  /** Resolves when somebody asked it to stop: the owner then disposes it. */
  readonly asked: Promise<void>;
}

/** @throws {Fault} what `open` throws; `port-taken` */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { store, note, version } = options;
  const token = newToken();
  const asked = Promise.withResolvers<void>();
  const about: { place: DaemonPlace | null } = { place: null };
  let keeping: Keeping | null = null;
  const server = await serveSomewhere(options, {
    token,
    executor: () => {
      if (keeping === null) throw new Fault("store-lost", "The store is being opened");
      return keeping.executor();
    },
    left: () => keeping?.left() ?? new AbortController().signal,
    about: () => ({ pid: process.pid, version, store, url: urlOf(server), started: about.place?.started ?? null }),
    onStop: asked.resolve,
    onDefect: (failure) =>
      note(`defect: ${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}`),
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  try {
    keeping = await Keeping.open({
      open: () => options.open((hook) => `${options.publicUrl ?? urlOf(server)}/hooks/${hook}`),
      note,
      ...(options.follow === undefined ? {} : { opened: options.follow }),
    });
    about.place = { pid: process.pid, port: server.port, token, started: Date.now(), version };
    writePlace(store, about.place); // D1
  } catch (thrown) {
    await keeping?.[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    throw thrown;
  }
  const opened = keeping;
  return {
    place: about.place,
    url: urlOf(server),
    asked: asked.promise,
    [Symbol.asyncDispose]: async () => {
      await server.quiet(); // D2
      await opened[Symbol.asyncDispose]();
      vacate(store, token);
      await server[Symbol.asyncDispose]();
    },
  };
}

function urlOf(server: ApiServer): string {
  return `http://127.0.0.1:${server.port}`;
}

/** On the port that was asked for, or on the one of before when it is free. */
async function serveSomewhere(
  { store, port, note }: DaemonOptions,
  parts: Parameters<typeof serve>[0],
): Promise<ApiServer> {
  if (port !== undefined) return await serve(parts, port);
  const before = lastPort(store) ?? 0;
  try {
    return await serve(parts, before);
  } catch (thrown) {
    if (before === 0) throw thrown;
    note(`port ${before} is taken: webhooks that were given out with it are not reached`);
    return await serve(parts, 0);
  }
}
