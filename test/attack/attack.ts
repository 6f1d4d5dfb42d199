/**
 * What an attack is: what a hostile plugin tries, and what has to become of it.
 *
 *   A1  An attack says how it has to end before it is played; a test fails when it ends otherwise.
 *   A2  `plays` goes through the public path only: a package opened, an instance, calls; or a program that is run.
 *   A3  What would use up the host is measured: how long it took, and what memory is left in use afterwards.
 */
import type { Level } from "./level.ts";
import type { Stage } from "./stage.ts";

/** `bytes`: a file that no compiler made. `folder`: a package's files. `realm`: a thread or process that was taken over. */
export type AttackLanguage =
  | "WAT"
  | "Python"
  | "Lua"
  | "JavaScript"
  | "WIT"
  | "manifest"
  | "program"
  | "bytes"
  | "folder"
  | "realm";

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
  /** Where it is played by the long tests only: realms take their time to start. */
  readonly long?: readonly Level[];
  /** Milliseconds that it may take altogether, on a busy machine (A3). */
  readonly within?: number;
  /** Its memory is to be given back (A3). */
  readonly heavy?: true;
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

/** The same at every level, at the last of them by the long tests only. */
export function everywhereInTime(attack: Attack): Attack {
  return { ...attack, levels: ["L0", "L1"], long: ["L2"] };
}

/** The same at L0, and at the others by the long tests only. */
export function everywhereLong(attack: Attack): Attack {
  return { ...attack, levels: ["L0"], long: ["L1", "L2"] };
}

/** The same, with its time and memory measured (A3). */
export function heavy(attack: Attack): Attack {
  return { ...attack, heavy: true, within: attack.within ?? WITHIN };
}

/** Generous: other tests run on the same cores. What never ends takes longer. */
const WITHIN = 20_000;

/** The same, by the long tests only, wherever it was to be played. */
export function onlyLong(attack: Attack): Attack {
  return { ...attack, levels: [], long: [...(attack.levels ?? ["L0"]), ...(attack.long ?? [])] };
}

/** The others of these by the long tests only: one of each kind is enough for every day. */
export function othersLong(attacks: readonly Attack[], everyDay: readonly string[]): Attack[] {
  return attacks.map((attack) => (everyDay.some((each) => attack.id.endsWith(each)) ? attack : onlyLong(attack)));
}
