/** How packages are named, and where they can run. */

/** A package name, `acme:stats`: short enough to stand in messages. */
export const PACKAGE_NAME: RegExp = /^(?=.{1,128}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*:[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** L0: in the caller's thread. L1: in a thread of its own. L2: in a process of its own, with nothing it could open (D6). */
export type IsolationLevel = "L0" | "L1" | "L2";

/** From the laxest to the strictest. */
export const LEVELS: readonly IsolationLevel[] = ["L0", "L1", "L2"];

export function strictest(levels: readonly IsolationLevel[]): IsolationLevel {
  return LEVELS.findLast((level) => levels.includes(level)) ?? "L2";
}
