/**
 * Calls with their number of arguments known: the engine passes a spread array several times slower.
 */
import type { CoreValue } from "./abi.ts";
import type { Flats } from "./places.ts";

type Body<Answer> = (flats: Flats) => Answer;

/** Calls a core function with an array of its arguments. */
export function callerOf<Answer>(core: (...args: CoreValue[]) => Answer, count: number): Body<Answer> {
  type V = CoreValue;
  switch (count) {
    case 0:
      return () => core();
    case 1:
      return (f) => core(f[0] as V);
    case 2:
      return (f) => core(f[0] as V, f[1] as V);
    case 3:
      return (f) => core(f[0] as V, f[1] as V, f[2] as V);
    case 4:
      return (f) => core(f[0] as V, f[1] as V, f[2] as V, f[3] as V);
    case 5:
      return (f) => core(f[0] as V, f[1] as V, f[2] as V, f[3] as V, f[4] as V);
    case 6:
      return (f) => core(f[0] as V, f[1] as V, f[2] as V, f[3] as V, f[4] as V, f[5] as V);
    default:
      return (f) => core(...f);
  }
}

/** A function of so many arguments, which gets them as an array. */
export function collecting<Answer>(body: Body<Answer>, count: number): (...args: CoreValue[]) => Answer {
  type V = CoreValue;
  switch (count) {
    case 0:
      return () => body([]);
    case 1:
      return (a?: V) => body([a as V]);
    case 2:
      return (a?: V, b?: V) => body([a as V, b as V]);
    case 3:
      return (a?: V, b?: V, c?: V) => body([a as V, b as V, c as V]);
    case 4:
      return (a?: V, b?: V, c?: V, d?: V) => body([a as V, b as V, c as V, d as V]);
    case 5:
      return (a?: V, b?: V, c?: V, d?: V, e?: V) => body([a as V, b as V, c as V, d as V, e as V]);
    default:
      return (...flats) => body(flats);
  }
}
