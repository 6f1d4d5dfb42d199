/**
 * What the two ways to link (jco's binding, and our own) have in common: what imports need of their instance, what an
 * instance needs of its exports.
 */
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";

/** An instance as its imports see it. */
export interface Guest {
  /** The package, for messages. */
  readonly source: string;
  /** False once it trapped, failed or was closed. */
  readonly alive: boolean;
  /** Runs host code on the guest's behalf, so that a call back into the guest is recognised as one. */
  readonly outside: <T>(work: () => T) => T;
  /** A dead guest imports nothing more: it could have caught the error that ended it (HAZARDS 2). @throws {Fault} */
  readonly refuseWhenDead: () => void;
  /** An import that was waited for has answered: the guest's clock may show it (HAZARDS 22). */
  readonly delivered?: () => void;
  /** Ends the guest because an import failed; gives back what is to be thrown through it. */
  readonly importFailed: (thrown: unknown) => unknown;
}

/** One export, bound to one instance. */
export interface Bound {
  readonly key: FunctionKey;
  /** True where WIT itself says that the function may wait. */
  readonly async: boolean;
  /** Refuses arguments that are not of their types. @throws {Fault} */
  readonly check: (args: readonly Value[]) => void;
  /**
   * Refuses handles that are not there any more; nothing has happened then, and the instance lives on. `invoke` follows
   * at once when it did not throw. Null when there is nothing to refuse. @throws {Fault} `type-mismatch`, `moved`
   */
  readonly admit: ((args: readonly Value[]) => void) | null;
  /** A promise when the export may suspend. Whatever it throws ends the instance. */
  readonly invoke: (args: readonly Value[]) => Value | Promise<Value>;
}

/** The exports of one instance; bound when they are first asked for. */
export type BindExport = (key: FunctionKey) => Bound | undefined;

/** The handles that an instance gave out. */
export interface Handles {
  /** Runs the guest's destructor. Twice is nothing. */
  readonly drop: (id: number) => void | Promise<void>;
  /** Forgets every handle, without destructors. */
  readonly close: () => void;
}
