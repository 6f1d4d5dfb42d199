/** The wall clock. Waits of any length: `setTimeout` alone fires at once beyond 24.8 days (HAZARDS 28). */
import type { Clock } from "./ports.ts";

/** A timer is armed for an hour at most, then looks at the clock again. */
const LONGEST = 3_600_000;

export const wallClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) => {
    const end = Date.now() + milliseconds;
    for (let left = milliseconds; left > 0 && !signal.aborted; left = end - Date.now()) {
      await pause(Math.min(left, LONGEST), signal);
    }
  },
};

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
  });
}
