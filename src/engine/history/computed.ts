/** Answers that the seed and the effect alone decide: no log has them. */
import type { Answer, EffectRequest } from "../../lang/effect.ts";
import { randomFloat, randomUuid, streamOf } from "../platform/random.ts";

/** Null for everything else. */
export function computed(seed: Uint8Array, { id, request }: EffectRequest): Answer | null {
  if (request.kind === "random") return { kind: "ok", value: randomFloat(streamOf(seed, id)) };
  return request.kind === "uuid" ? { kind: "ok", value: randomUuid(streamOf(seed, id)) } : null;
}
