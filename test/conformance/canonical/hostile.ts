/**
 * Guests that lie, each with what must become of it.
 */
import type { Value } from "../../../src/wit/value.ts";
import { guestText } from "./guest.ts";
import type { Session } from "./harness.ts";

export interface Hostile {
  readonly name: string;
  readonly component: string;
  readonly session: Session;
  /** What the session's last call gives: a fault's code, or a value. */
  readonly gives: Code | { readonly value: Value };
}

export type Code = "plugin-trapped" | "plugin-invalid-value" | "value-too-large";

export const TRAPPED = "plugin-trapped";
export const INVALID = "plugin-invalid-value";

export function call(key: string, ...args: readonly Value[]): Session {
  return { calls: [{ key, args }] };
}

/** A guest whose export `f` has this type and this body. */
export function single(
  name: string,
  type: string,
  core: string,
  gives: Hostile["gives"],
  ...args: readonly Value[]
): Hostile {
  return {
    name,
    component: guestText({ core: `(func (export "f") ${core})`, exports: { f: type } }),
    session: call("f", ...args),
    gives,
  };
}

export const PAGE = 65536;
