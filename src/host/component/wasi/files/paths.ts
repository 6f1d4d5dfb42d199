/**
 * Paths of a guest: always relative to a descriptor, and never out of it.
 *
 *   P1  A path that begins with `/`, or whose `..` would leave the folder of its descriptor, is `not-permitted`, before anybody
 *       looks at files. `..` is taken by the steps as they are written, also behind a link.
 *   P2  The same path means the same everywhere: a backslash is a step's end on some systems, so no step has one; a colon
 *       may stand for a drive or a stream there, and stays the engine's to judge.
 *   P3  Where a link leads is the engine's to judge: never out of what was granted.
 */
import { FilesError } from "./error-code.ts";

/** In UTF-16 units: what systems take at most. */
const LONGEST_PATH = 4096;
const LONGEST_STEP = 255;

export interface GuestPath {
  /** Below the folder of the descriptor; `""` for that folder itself. */
  readonly steps: string;
  /** It ended in `/` or in a step of dots: what it leads to has to be a folder. */
  readonly isFolder: boolean;
}

/** @param base steps from the granted folder to the descriptor's. @throws {FilesError} */
export function resolve(base: string, written: string): GuestPath {
  if (written === "") throw new FilesError("no-entry");
  if (written.length > LONGEST_PATH) throw new FilesError("name-too-long");
  if (/[\0\\]/.test(written)) throw new FilesError("illegal-byte-sequence");
  if (written.startsWith("/")) throw new FilesError("not-permitted"); // P1
  const steps: string[] = [];
  for (const step of written.split("/")) {
    if (step === "" || step === ".") continue;
    if (step.length > LONGEST_STEP) throw new FilesError("name-too-long");
    if (step !== "..") steps.push(step);
    else if (steps.pop() === undefined) throw new FilesError("not-permitted"); // P1
  }
  const isFolder = /(?:^|\/)\.{0,2}$/.test(written);
  return { steps: [base, ...steps].filter((step) => step !== "").join("/"), isFolder };
}

/** A path for the engine. */
export function below(root: string, steps: string): string {
  if (steps === "") return root;
  return root.endsWith("/") ? `${root}${steps}` : `${root}/${steps}`;
}
