/** What a run is started with, and how it can end. */
import type { ErrorValue } from "../lang/value.ts";
import type { Value } from "../wit/value.ts";

export interface RunOptions {
  readonly id: string;
  /** 32 bytes: all randomness of the run comes from it. */
  readonly seed: Uint8Array;
  readonly grants: { readonly allowsCommand: (command: string) => boolean };
  readonly signal?: AbortSignal | undefined;
  /** Every foreign call goes alone, also where several may go in one message. To compare: nothing else differs. */
  readonly oneByOne?: boolean;
}

export type RunResult =
  | { readonly state: "done"; readonly value: Value }
  | { readonly state: "failed"; readonly error: ErrorValue }
  | { readonly state: "cancelled" };
