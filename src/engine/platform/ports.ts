/**
 * What a run needs of the platform: arguments, never ambient (STYLE §3). Node's are in `ports.node.ts`.
 */
import type { LogLine } from "../../host/plugin.ts";
import type { AnyValue } from "../../wit/any.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";

export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Resolves after so many milliseconds, however many; stops early (and resolves) when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export interface ShellResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

export interface Shell {
  /** Runs the commands as one pipe. @throws {Fault} `command-failed` when one cannot be started. */
  readonly run: (
    commands: readonly (readonly string[])[],
    input: string | Uint8Array | null,
    signal: AbortSignal,
  ) => Promise<ShellResult>;
}

/** What a run shows to whoever follows it, in order. */
export type RunEvent =
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "log"; readonly level: string; readonly source: string; readonly text: string }
  | { readonly kind: "emit"; readonly name: string; readonly value: AnyValue }
  | { readonly kind: "progress"; readonly done: number; readonly total: number | null; readonly text: string | null };

export interface ForkOptions {
  /** 32 bytes, for the fresh instance. */
  readonly seed: Uint8Array;
  /** Ends the call. */
  readonly signal: AbortSignal;
  readonly log: (line: LogLine) => void;
}

export interface RunPorts {
  readonly clock: Clock;
  /** Null where the platform has none. */
  readonly shell: Shell | null;
  /** A core call: one call in a fresh instance on another core. Null: on this one. */
  readonly fork:
    | ((pack: number, fn: FunctionKey, args: readonly Value[], options: ForkOptions) => Promise<Value>)
    | null;
  /**
   * The address that the webhook of an effect is posted to: what it was posted to is told by its last segment, and nobody
   * can guess the secret. Absent: there are none.
   */
  readonly webhook?: (secret: string, effect: string) => string;
  /** Remembers which calls are on the way to here, for work that starts later and belongs to them. Absent: unknown. */
  readonly chain?: () => <T>(work: () => T) => T;
  readonly follow: (event: RunEvent) => void;
  /** Lets timers and input have their turn, and where a run shows more than anybody takes, that. */
  readonly breathe: () => Promise<void>;
  /** Whether a run is to breathe before it shows more. Absent: never. */
  readonly isCrowded?: () => boolean;
  /** Told before the VM is on. */
  readonly turn?: () => void;
}
