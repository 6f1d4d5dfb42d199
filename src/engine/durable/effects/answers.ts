/** How the effects of a durable run are performed, when nothing is recorded of their answers. */
import { ErrorValue } from "../../../lang/value.ts";
import type { Answer, EffectRequest } from "../../../lang/effect.ts";
import type { Performer } from "../../loop/perform.ts";
import type { Clock } from "../../platform/ports.ts";
import type { Mailbox } from "./mailbox.ts";
import type { Nature } from "./nature.ts";
import type { Signal } from "../log/recorded.ts";
import type { RunLog } from "../log/run-log.ts";
import { uncertain } from "./uncertain.ts";

export interface DurablePorts {
  readonly log: RunLog;
  readonly mailbox: Mailbox;
  readonly performer: Performer;
  readonly clock: Clock;
}

/**
 * Asks for it durably first, where it has to be, and performs it. A signal is an answer that is in the log already; null:
 * it was given up before it was performed.
 */
export async function answerDurably(
  effect: EffectRequest,
  nature: Nature,
  signal: AbortSignal,
  ports: DurablePorts,
): Promise<Answer | Signal | null> {
  const { log, performer, clock } = ports;
  if (nature.kind === "signal") return await signalled(effect, nature.name, signal, ports);
  if (nature.kind === "timer") {
    const due = armed(effect, ports);
    if (due === null) return { kind: "ok", value: false };
    await clock.sleep(due - clock.now(), signal);
    return { kind: "ok", value: effect.request.kind === "backoff" ? true : null };
  }
  if (nature.kind === "outside") {
    const isAsked = log.recorded.request(effect.id, effect.attempt) !== undefined;
    if (nature.class === "once" && isAsked) return uncertain(nature.what);
    await log.request(effect, nature.class, nature.what, nature.input);
    if (signal.aborted) return null;
  }
  return await performer.answer(effect, signal);
}

/** Until when its timer runs, as it was set first; null when it has none. */
function armed(effect: EffectRequest, { log, performer }: DurablePorts): number | null {
  const before = log.armed(effect);
  if (before !== null) return before;
  const due = performer.due(effect);
  if (due !== null) log.arm(effect, due);
  return due;
}

/** A wait for a signal: what came, or that nothing came in time. */
async function signalled(
  effect: EffectRequest,
  name: string,
  signal: AbortSignal,
  ports: DurablePorts,
): Promise<Answer | Signal> {
  const due = armed(effect, ports);
  const wait = ports.mailbox.wait(name);
  const stop = new AbortController();
  const over = AbortSignal.any([signal, stop.signal]);
  const late = due === null ? aborted(over) : ports.clock.sleep(due - ports.clock.now(), over);
  await Promise.race([wait.served, late]);
  stop.abort();
  const message = `No signal ${name} came in time`;
  return wait.close() ?? { kind: "error", error: new ErrorValue({ code: "timeout", message }) };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
