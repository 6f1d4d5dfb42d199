/**
 * The flight recorder of a realm: words that it shares with the keeper, so that what it is doing is known while it does not
 * answer, and after it was killed.
 *
 *   K1  Each word has one writer: `stop` is the keeper's, the others are the realm's. A realm that broke out can write what
 *       it likes there: no limit that is kept against its will stands in these words.
 */

/**
 * `calls`: grows whenever a metered call begins, or goes on after another one. `run`: number of the run whose VM is on; 0:
 * none. `package`: index of the package that was called last. `stop`: the value of `calls` whose call is to be stopped at
 * its next tick; 0: none. `beat`: the last ping that the realm's event loop answered.
 */
export const FLIGHT = { stop: 0, calls: 1, run: 2, package: 3, beat: 4 } as const;

export const FLIGHT_WORDS = 8;

export function newFlight(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(4 * FLIGHT_WORDS));
}
