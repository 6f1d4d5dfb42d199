/**
 * What an attack is: what a hostile plugin tries, and what has to become of it.
 *
 *   A1  An attack says how it has to end before it is played; a test fails when it ends otherwise.
 *   A2  `plays` goes through the public path only: a package opened, an instance, calls.
 */
import type { Level } from "./level.ts";
import type { Stage } from "./stage.ts";

export type AttackLanguage = "WAT" | "Python" | "Lua" | "JavaScript" | "manifest" | "program";

export type Ending =
  /** The guest gets an error of its own, and its instance goes on. */
  | { readonly kind: "refused"; readonly says: RegExp }
  /** It may do so: nothing outside of its own instance changes, and the instance goes on. */
  | { readonly kind: "contained"; readonly says: RegExp }
  /** The call fails with a fault of one of these codes, and the instance is gone. */
  | { readonly kind: "ended"; readonly codes: readonly string[] }
  /** It never starts: opening or instantiating fails with a fault of one of these codes. */
  | { readonly kind: "never-starts"; readonly codes: readonly string[] };

export interface Attack {
  /** `group/what`, unique. */
  readonly id: string;
  readonly language: AttackLanguage;
  /** One plain clause: "reads the host's environment". */
  readonly tries: string;
  readonly ends: Ending;
  /** Where it is played; at L0 unless given. */
  readonly levels?: readonly Level[];
  /** What the guest said at last. Faults go through. */
  readonly plays: (stage: Stage) => Promise<string>;
}

/** Attacks that are not played, and why. */
export interface Listed {
  readonly id: string;
  readonly language: AttackLanguage;
  readonly tries: string;
  readonly result: string;
}

export const refused = (says: RegExp): Ending => ({ kind: "refused", says });
export const contained = (says: RegExp): Ending => ({ kind: "contained", says });
export const ended = (...codes: readonly string[]): Ending => ({ kind: "ended", codes });
export const neverStarts = (...codes: readonly string[]): Ending => ({ kind: "never-starts", codes });

/** A guest that trapped, in any way. */
export const TRAPPED: Ending = ended("plugin-trapped");

/** The same attack, played at every level. */
export function everywhere(attack: Attack): Attack {
  return { ...attack, levels: ["L0", "L1", "L2"] };
}
