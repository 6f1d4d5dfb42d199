/**
 * Whether the state of a component's instances can be saved, and why not: told from its bytes alone, so that whoever runs none of it
 * can tell as well.
 */
import type { Component } from "../../wit/decoder.ts";
import { whyUnsavable } from "../meter/unsavable.ts";
import type { Linking } from "./describe.ts";

export interface Saving {
  /** As the end of a sentence; null when it can be. */
  readonly reason: string | null;
}

export function savingOf(
  { bytes, component }: { readonly bytes: Uint8Array; readonly component: Component },
  { path }: Pick<Linking, "path">,
): Saving {
  const { plan } = component;
  if ("reason" in plan) return { reason: plan.reason };
  if (path === "jco") return { reason: "it is linked through jco's binding" };
  for (const { start, end } of plan.modules) {
    const reason = whyUnsavable(bytes.subarray(start, end));
    if (reason !== null) return { reason };
  }
  return { reason: null };
}
