/**
 * What jco's script throws when a guest's pointer is wrong, told from what it throws when a value is: it reads memory
 * without looking first, so what lies outside is found by the engine's own views.
 */

/** The same error, or a trap in its place. */
export function trapOfPointer(thrown: unknown): unknown {
  const misplaced = thrown instanceof TypeError && /pointer \[\d+\] is not aligned/.test(thrown.message);
  const outside = thrown instanceof RangeError && !/code point|call stack/.test(thrown.message);
  if (!(thrown instanceof Error) || !(misplaced || outside)) return thrown;
  const trap = new WebAssembly.RuntimeError(thrown.message);
  if (thrown.stack !== undefined) trap.stack = thrown.stack;
  return trap;
}
