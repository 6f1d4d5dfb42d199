/** Whose imports a guest's imports are. */

/** A call that is inside a group, and what it has imported so far, by name. */
export interface Inside {
  readonly eff: string;
  readonly attempt: number;
  readonly counts: Map<string, number>;
  /** X4 */
  readonly isStart: boolean;
  /** X3 */
  readonly isAgain: boolean;
  /** Aborted when the call was given up. */
  readonly signal: AbortSignal | null;
}
