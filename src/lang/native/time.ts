/** `instant`: an Instant from its text. */
import { Fault } from "../../fault.ts";
import { parseInstant } from "../data/parse-time.ts";
import type { Native } from "./type.ts";

function instant(text: string): ReturnType<Native> {
  const parsed = parseInstant(text);
  if (parsed !== null) return parsed;
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  throw new Fault("invalid-text", `\`instant\` cannot read ${JSON.stringify(shown)}`, {
    hint: "Write UTC as in `2026-11-21T11:30:00Z`",
  });
}

export const times: Readonly<Record<string, Native>> = { "instant/0": ([text]) => instant(text as string) };
