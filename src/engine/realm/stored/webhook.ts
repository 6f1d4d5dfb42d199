/** The address of a run's webhooks, on its way to where it cannot be asked for. */
import type { RunPorts } from "../../platform/ports.ts";

const SECRET = "sennitsecret0";
const EFFECT = "senniteffect0";

/** Null: there are none, or none that can be told ahead. */
export function webhookForm({ webhook }: Pick<RunPorts, "webhook">): string | null {
  const form = webhook?.(SECRET, EFFECT);
  return form?.includes(SECRET) === true ? form : null;
}

export function webhookOf(form: string): NonNullable<RunPorts["webhook"]> {
  return (secret, effect) => form.replaceAll(SECRET, secret).replaceAll(EFFECT, effect);
}
