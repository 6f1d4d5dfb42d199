/**
 * What the imports of an instance need of it.
 */
import type { Resources } from "./resources.ts";

export interface Guest {
  readonly resources: Resources;
  /** Runs host code on the guest's behalf, so that a call back into the guest is recognised as one. */
  readonly outside: <T>(work: () => T) => T;
  /** A dead guest imports nothing more: it could have caught the error that ended it (HAZARDS 2). @throws {Fault} */
  readonly refuseWhenDead: () => void;
  /** Ends the guest because an import failed; gives back what is to be thrown through it. */
  readonly importFailed: (thrown: unknown) => unknown;
}
