/** Where in its program a step of a log stands: the log names effects, and a program played back names their lines. */
import type { Entry } from "../../journal/entry/entry.ts";
import type { EffectRequest } from "../../lang/effect.ts";
import { HEARD, keyOf } from "../durable/log/recorded.ts";
import type { Numbered } from "../durable/log/recorded.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import { dryRun } from "./dry-run.ts";

type Step = Extract<Entry, { readonly eff: string }>;

/** Steps of one run. */
export class EffectLines {
  readonly #asked: ReadonlyMap<string, EffectRequest>;

  private constructor(asked: ReadonlyMap<string, EffectRequest>) {
    this.#asked = asked;
  }

  static async of(program: LoadedProgram, run: string, entries: readonly Numbered[]): Promise<EffectLines> {
    return new EffectLines((await dryRun(program, run, entries)).asked);
  }

  /** `after acme:mail send was asked for (order.sennit:4)`. */
  text(step: Step): string {
    const attempt = "attempt" in step ? step.attempt : 1;
    const effect = this.#asked.get(keyOf(step.eff, attempt));
    const what = verb(step, effect);
    return effect === undefined ? what : `${what} (${effect.file}:${effect.line})`;
  }
}

function verb(step: Step, effect: EffectRequest | undefined): string {
  const what = effect?.request.kind ?? "a call";
  switch (step.kind) {
    case "REQ":
      return `after ${step.what} was asked for`;
    case "CALL":
      return `after a call of ${step.function} began`;
    case "DONE":
      return `after ${what} was answered`;
    case "DLV":
      return `after ${what} was delivered`;
    case "OUT":
      return step.eff === HEARD ? "after a guest said something" : `after ${step.channel}`;
    case "ARM":
      return `after a timer was set for ${what}`;
    default:
      return `after ${step.kind}`;
  }
}
