/** What a function of the workflow is given, and answers: bytes that its two ends understand. */
import type { Codec } from "./codec-type.ts";
import { codecOf } from "./codec.ts";

export const CALLBACK_ARGUMENTS: Codec = codecOf({
  kind: "list",
  element: { kind: "list", element: { kind: "u8" } },
});
export const CALLBACK_ANSWER: Codec = codecOf({ kind: "list", element: { kind: "u8" } });
