/**
 * Which instances are on the way from the outermost call to here, also across waiting: by it an instance knows a call that
 * comes out of its own (`re-entrant`) from one that may wait its turn (H2).
 */
export interface CallChain {
  /** Runs work that an instance asked for: everything called in it, now or later, includes the instance. */
  readonly enter: <T>(instance: object, work: () => T) => T;
  readonly includes: (instance: object) => boolean;
}

/** Knows no more than the stack: for platforms that cannot follow a call across waiting. */
export const noChain: CallChain = { enter: (_, work) => work(), includes: () => false };
