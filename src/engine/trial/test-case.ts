/** What a workflow test says: data, as read from its file. */

/** A place in a test file, for messages. */
export interface At {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** How a stub answers one call. */
export type StubAnswer =
  | { readonly kind: "returns"; readonly value: unknown }
  /** The `err` of a WIT `result`. */
  | { readonly kind: "err"; readonly value: unknown }
  | { readonly kind: "fails"; readonly code: string; readonly message: string };

export interface StubRule {
  /** The arguments it is for, by name; those that are left out may be anything. */
  readonly with: ReadonlyMap<string, unknown>;
  /** In turn; the last stays. */
  readonly answers: readonly StubAnswer[];
  /** Milliseconds that an answer takes. */
  readonly takes: number;
  readonly at: At;
}

export interface FunctionStub {
  /** As the test names it. */
  readonly name: string;
  readonly rules: readonly StubRule[];
  /** How often it may be asked when an answer was lost. Null: as the package says, else `keyed`. */
  readonly class: "read" | "keyed" | "idempotent" | "once" | null;
  readonly at: At;
}

export interface CommandStub {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

export interface TestSignal {
  /** Null: what is posted to the `webhook`-th webhook of the run, from 1. */
  readonly name: string | null;
  readonly webhook: number;
  readonly value: unknown;
  /** Milliseconds after the run began. */
  readonly after: number;
}

export interface Expected {
  readonly value?: unknown;
  /** How far a Float may be off. */
  readonly within: number;
  readonly printed?: readonly string[];
  readonly emitted?: readonly { readonly name: string; readonly value: unknown }[];
  /** The code of the error that the run fails with. */
  readonly error?: string;
  /** Part of its message. */
  readonly message?: string;
  readonly cancelled: boolean;
  /** By `package.function`. */
  readonly calls?: ReadonlyMap<string, number>;
  /** Milliseconds. */
  readonly elapsed?: number;
}

export interface TestCase {
  readonly name: string;
  readonly at: At;
  /** Where a key of the test stands in its file. */
  readonly place: (...path: readonly string[]) => At;
  /** Its file, as it is to be shown. */
  readonly program: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly grants: readonly string[];
  /** 32 bytes; null: the recording's, else zeros. */
  readonly seed: Uint8Array | null;
  /** When the run begins, in milliseconds since the epoch; null: as in the recording, else with the year 2000. */
  readonly start: number | null;
  /** By package, then in the order of the file. */
  readonly stubs: ReadonlyMap<string, readonly FunctionStub[]>;
  readonly commands: ReadonlyMap<string, CommandStub>;
  readonly signals: readonly TestSignal[];
  /** Milliseconds after the run began; null: never. */
  readonly cancelAfter: number | null;
  /** A file with the answers of a run, as it is to be shown. */
  readonly recording: string | null;
  /** Whether it is cut off and taken up again when that is asked for. */
  readonly crashes: boolean;
  /** Whether a run that was cut off may end with `uncertain`. */
  readonly mayBeUncertain: boolean;
  readonly expect: Expected;
}
