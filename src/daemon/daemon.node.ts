/**
 * A daemon: owns a store, drives its runs, and answers the API, until it is told to stop.
 *
 *   D1  Its file beside the store is written once it answers, and vacated when it stops.
 *   D2  Stopped, it has taken nothing more, ended what was asked, and left every run where it is (E4).
 */
import { Fault } from "../fault.ts";
import type { IsolationLevel } from "../host/package/project.ts";
import type { Kept } from "./keeping.node.ts";
import { Keeping } from "./keeping.node.ts";
import type { ServerLimits } from "./limits.ts";
import { lastPort, vacate, writePlace } from "./place.node.ts";
import type { DaemonPlace } from "./place.node.ts";
import { newToken } from "./proof.node.ts";
import { serve } from "./server.node.ts";
import type { ApiServer, ServerParts } from "./server.node.ts";

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
  /** Where packages run of which their projects say nothing by name. */
  readonly isolation?: IsolationLevel | undefined;
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
  const { store, version } = options;
  const state: State = { token: newToken(), asked: Promise.withResolvers(), server: null, keeping: null, started: 0 };
  const server = await serveSomewhere(options, partsOf(options, state));
  state.server = server;
  try {
    const keeping = await keepingOf(options, server);
    state.keeping = keeping;
    state.started = Date.now();
    const place = { pid: process.pid, port: server.port, token: state.token, started: state.started, version };
    writePlace(store, place); // D1
    const dispose = async (): Promise<void> => {
      await server.quiet(); // D2
      await keeping[Symbol.asyncDispose]();
      vacate(store, state.token);
      await server[Symbol.asyncDispose]();
    };
    return { place, url: urlOf(server), asked: state.asked.promise, [Symbol.asyncDispose]: dispose };
  } catch (thrown) {
    await state.keeping?.[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    throw thrown;
  }
}

/** What requests are answered from; parts of it come while the daemon starts. */
interface State {
  readonly token: string;
  readonly asked: PromiseWithResolvers<void>;
  server: ApiServer | null;
  keeping: Keeping | null;
  /** Milliseconds since the epoch; 0 until its store is open. */
  started: number;
}

function partsOf({ store, version, isolation, note, limits }: DaemonOptions, state: State): ServerParts {
  return {
    token: state.token,
    home: { store, isolation, note },
    executor: () => {
      if (state.keeping === null) throw new Fault("store-lost", "The store is being opened");
      return state.keeping.executor();
    },
    left: () => state.keeping?.left() ?? new AbortController().signal,
    about: () => {
      const url = state.server === null ? null : urlOf(state.server);
      return { pid: process.pid, version, store, url, started: state.started };
    },
    onStop: state.asked.resolve,
    onDefect: (failure) => {
      note(`defect: ${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}`);
    },
    ...(limits === undefined ? {} : { limits }),
  };
}

function keepingOf({ open, publicUrl, note, follow }: DaemonOptions, server: ApiServer): Promise<Keeping> {
  return Keeping.open({
    open: () => open((hook) => `${publicUrl ?? urlOf(server)}/hooks/${hook}`),
    note,
    ...(follow === undefined ? {} : { opened: follow }),
  });
}

function urlOf(server: ApiServer): string {
  return `http://127.0.0.1:${server.port}`;
}

/** On the port that was asked for, or on the one of before when it is free. */
async function serveSomewhere({ store, port, note }: DaemonOptions, parts: ServerParts): Promise<ApiServer> {
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
