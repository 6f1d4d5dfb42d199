/**
 * What a pool and its threads say to each other: one call, then its log lines and one answer.
 */
import { Fault, type ForeignFrame } from "../../fault.ts";
import type { LogLine } from "../plugin.ts";

/** Given to a thread when it starts. */
export interface ThreadSetup {
  readonly cacheFolder: string;
}

/** A package that a thread can open by itself. */
export interface PackageRef {
  /** A folder, or a bare `.wasm` file. */
  readonly place: string;
  /** The `digest` of the plugin that the caller knows: a package that changed on disk meanwhile is refused. */
  readonly digest: string;
}

export interface CallMessage {
  readonly ref: PackageRef;
  readonly fn: string;
  readonly args: readonly unknown[];
  readonly seed: Uint8Array;
  /** Milliseconds since the epoch that the guest's clock shows. */
  readonly now: number;
}

export type ThreadMessage =
  | { readonly kind: "log"; readonly line: LogLine }
  | { readonly kind: "answer"; readonly value: unknown }
  | { readonly kind: "fault"; readonly fault: FaultData };

export interface FaultData {
  readonly code: string;
  readonly message: string;
  readonly source: string;
  readonly frames: readonly ForeignFrame[];
  readonly hint: string | undefined;
}

export function faultData(thrown: unknown): FaultData {
  if (thrown instanceof Fault) {
    const { code, message, source, frames, hint } = thrown;
    return { code, message, source, frames, hint };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: "core-call-failed", message, source: "sennit", frames: [], hint: undefined };
}

export function faultFrom({ code, message, source, frames, hint }: FaultData): Fault {
  return new Fault(code, message, { source, frames, ...(hint === undefined ? {} : { hint }) });
}
