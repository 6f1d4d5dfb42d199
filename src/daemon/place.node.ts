/**
 * Where a user's store is, and the file beside a store that tells where its daemon is.
 *
 *   W1  The file is readable and writable by its user only, and is there whole or not at all.
 *   W2  One that belongs to another user, or that others may write, is not believed.
 */
import { randomBytes } from "node:crypto";
import { fchmodSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Fault } from "../fault.ts";

export interface DaemonPlace {
  readonly pid: number;
  readonly port: number;
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly version: string;
}

/** The store of who names none. */
export function defaultStore(environment: NodeJS.ProcessEnv = process.env): string {
  return join(stateFolder(environment), "sennit", "runs.db");
}

function stateFolder(environment: NodeJS.ProcessEnv): string {
  const given = process.platform === "win32" ? environment["LOCALAPPDATA"] : environment["XDG_STATE_HOME"];
  if (given !== undefined && given !== "") return given;
  return process.platform === "win32" ? join(homedir(), "AppData", "Local") : join(homedir(), ".local", "state");
}

/** Makes the folder of a store, for its user only. @throws {Fault} `store-readonly` */
export function makeFolderOf(store: string): void {
  writing(dirname(store), () => mkdirSync(dirname(store), { recursive: true, mode: 0o700 }));
}

/** Opens the daemon's log at its end, for its user only. The caller closes it. @throws {Fault} `store-readonly` */
export function openLog(store: string): number {
  return writing(logFile(store), () => {
    const log = openSync(logFile(store), "a", 0o600);
    fchmodSync(log, 0o600);
    return log;
  });
}

function writing<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Fault("store-readonly", `${place} cannot be written: ${why}`, {
      cause,
      hint: "Look at the permissions of the store's folder, and at the space on its disk.",
    });
  }
}

export function placeFile(store: string): string {
  return `${store}.daemon.json`;
}

export function logFile(store: string): string {
  return `${store}.daemon.log`;
}

/** W1 */
export function writePlace(store: string, place: DaemonPlace): void {
  write(store, place);
}

function write(store: string, place: Partial<DaemonPlace>): void {
  const file = placeFile(store);
  const next = `${file}.${randomBytes(6).toString("hex")}`;
  writing(file, () => {
    writeFileSync(next, `${JSON.stringify(place, null, 2)}\n`, { flag: "wx", mode: 0o600 });
    renameSync(next, file);
  });
}

/** The daemon has stopped: only its port stays, for the next one. Left alone when it is another daemon's by now. */
export function vacate(store: string, token: string): void {
  const place = contents(store);
  if (place?.["token"] === token) write(store, { port: Number(place["port"]) });
}

/** The port that a daemon of this store had last: addresses of webhooks stay what they were. */
export function lastPort(store: string): number | null {
  const port = contents(store)?.["port"];
  return typeof port === "number" && Number.isInteger(port) && port > 0 && port <= 65_535 ? port : null;
}

/** What stands in the file, whoever wrote it; null when there is none, or it is no JSON. */
function contents(store: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(readFileSync(placeFile(store), "utf8")) as Readonly<Record<string, unknown>> | null;
  } catch {
    return null;
  }
}

/** Null when there is none that can be read. @throws {Fault} `daemon-file-foreign` (W2) */
export function readPlace(store: string): DaemonPlace | null {
  const file = placeFile(store);
  try {
    const { uid, mode } = statSync(file);
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0)) throw foreign(file);
    return placeIn(JSON.parse(readFileSync(file, "utf8")));
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    return null;
  }
}

function placeIn(value: unknown): DaemonPlace | null {
  const { pid, port, token, started, version } = (value ?? {}) as Partial<Record<keyof DaemonPlace, unknown>>;
  if (typeof pid !== "number" || typeof port !== "number" || !Number.isInteger(port)) return null;
  if (typeof token !== "string" || !/^[0-9a-f]{64}$/.test(token)) return null;
  if (port < 1 || port > 65_535) return null;
  return { pid, port, token, started: Number(started), version: String(version) };
}

function foreign(file: string): Fault {
  return new Fault("daemon-file-foreign", `${file} was not written by you, or others may write it`, {
    hint: "Remove it, then start the daemon again.",
  });
}
