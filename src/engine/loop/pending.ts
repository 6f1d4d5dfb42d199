/** What a run has asked for, and what has come of it. */
import type { Answer, EffectRequest } from "../../lang/effect.ts";
import type { Asked } from "../durable/calls/callbacks.ts";

export interface Pending {
  readonly effect: EffectRequest;
  /** Null when its answer is there already, or nobody was asked yet. */
  readonly controller: AbortController | null;
}

/** What waits to be given to the program. */
export type Arrived =
  | { readonly kind: "answer"; readonly pending: Pending; readonly answer: Answer }
  /** A guest calls back while the program waits for its call. */
  | { readonly kind: "callback"; readonly pending: Pending; readonly asked: Asked };
