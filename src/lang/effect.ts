/**
 * What a run asks of the world, and what comes back.
 *
 *   E1  An effect's id comes from the program: H(parent effect scope, site, ordinal) (RECOVERY IDS), never from time.
 *   E2  A request is data. Whoever performs it answers exactly once, or never when the VM abandoned it.
 *   E3  `print`, `log`, `emit` and `progress` are told and forgotten: nobody waits for them, and no answer is taken.
 *       They stand in the order in which they happened, also among the requests of a run's last outcome.
 */
import type { FunctionKey } from "../wit/types.ts";
import type { Value } from "../wit/value.ts";
import type { ErrorValue } from "./value.ts";

export type Request =
  /** A foreign call. A WIT `result` is answered as a CaseValue; the VM raises or keeps it. */
  | { readonly kind: "call"; readonly package: number; readonly function: FunctionKey; readonly args: readonly Value[] }
  /** `=f=(x)`: the same in a fresh instance on another core. */
  | { readonly kind: "fork"; readonly package: number; readonly function: FunctionKey; readonly args: readonly Value[] }
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "log"; readonly level: "debug" | "info" | "warn" | "error"; readonly text: string }
  /** `value` is an Any. */
  | { readonly kind: "emit"; readonly name: string; readonly value: Value }
  | { readonly kind: "progress"; readonly done: number; readonly total: number; readonly text: string | null }
  /** Nanoseconds. Also arms a `timeout`. Answered null. */
  | { readonly kind: "sleep"; readonly nanoseconds: number | bigint }
  /** Nanoseconds since the epoch. */
  | { readonly kind: "sleep-until"; readonly instant: number | bigint }
  /** Answered with an Instant. */
  | { readonly kind: "now" }
  /** Answered with a Float in [0, 1). */
  | { readonly kind: "random" }
  | { readonly kind: "uuid" }
  /**
   * Before attempt `attempt` (from 2) of a `retry`: waits backoff·2^(attempt−2), at most a minute, ±25 %; answers true,
   * or false at once when the wait would end later than `since` + `within`.
   */
  | {
      readonly kind: "backoff";
      readonly attempt: number;
      readonly backoff: number | bigint;
      readonly since: number | bigint | null;
      readonly within: number | bigint | null;
    }
  | { readonly kind: "signal"; readonly name: string; readonly timeout: number | bigint | null }
  | { readonly kind: "webhook" }
  /** Answered with a Task. `function` is an index into the program's functions. */
  | { readonly kind: "spawn"; readonly function: number; readonly args: readonly Value[] }
  /** Waits for a spawned workflow and answers with its value or error. */
  | { readonly kind: "join"; readonly task: string }
  /** Answered with `[stdout, stderr, status]`. One command is a pipe of one. */
  | {
      readonly kind: "shell";
      readonly commands: readonly (readonly string[])[];
      readonly input: string | Uint8Array | null;
    };

export type RequestKind = Request["kind"];

export interface EffectRequest {
  /** 32 hex digits (E1). */
  readonly id: string;
  /** The site: function, structural path, callee, ordinal; or the label. For people. */
  readonly site: string;
  /**
   * From 1; grows with every attempt of a `retry` around it. An attempt asks for the same ids again: id and attempt
   * together are unique in a run, and of two requests with one id the later one is meant by an answer.
   */
  readonly attempt: number;
  /** Where it stands in the source, for traces: file as named by the user, line and column from 1. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly request: Request;
}

export type Answer =
  | { readonly kind: "ok"; readonly value: Value }
  | { readonly kind: "error"; readonly error: ErrorValue };
