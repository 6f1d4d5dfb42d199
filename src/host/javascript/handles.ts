/** How handles look in plain JavaScript. */
import type { WitType } from "../../wit/types.ts";
import type { Handle } from "../../wit/value.ts";

export type HandleType = Extract<WitType, { kind: "own" | "borrow" }>;

export interface PlainHandles {
  readonly toPlain: (type: HandleType, handle: Handle) => unknown;
  /** @throws {Misfit} */
  readonly fromPlain: (type: HandleType, plain: unknown) => Handle;
}
