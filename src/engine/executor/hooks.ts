/**
 * Tokens of webhooks: which run, which effect, and a secret that the run's seed tells. So a token alone finds its run, nothing
 * has to be kept, and nobody makes one up.
 */
import { Fault } from "../../fault.ts";
import type { Store } from "../../journal/store.ts";
import { startOf } from "../durable/durable-run.ts";
import { webhookSecret } from "../platform/random.ts";

const TOKEN = /^([^~/]{1,4000})~([0-9a-f]{32})~([0-9a-f-]{36})$/;

export function tokenOf(run: string, effect: string, secret: string): string {
  return `${run}~${effect}~${secret}`;
}

/** The run of a token; null when it is nobody's. */
export async function runOfToken(
  store: Pick<Store, "read" | "blob" | "header">,
  token: string,
): Promise<string | null> {
  const [, run = "", effect = "", secret = ""] = TOKEN.exec(token) ?? [];
  if (run === "") return null;
  try {
    const { seed } = await startOf(store, run);
    return isSame(webhookSecret(seed, effect), secret) ? run : null;
  } catch (failure) {
    if (failure instanceof Fault && failure.code === "unknown-run") return null;
    throw failure;
  }
}

/** Takes as long wherever they differ. */
function isSame(a: string, b: string): boolean {
  let differs = a.length ^ b.length;
  for (let at = 0; at < a.length; at++) differs |= a.charCodeAt(at) ^ b.charCodeAt(at % Math.max(1, b.length));
  return differs === 0;
}
