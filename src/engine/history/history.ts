/**
 * The history of a run: every step with what it was given and gave, when, and where in the source.
 *
 *   H1  Only what is durable is told, and what follows from it.
 *   H2  What was recorded is told from the log. Inputs that the log leaves out, answers that were not recorded and places in
 *       the source are told by playing the run back, and said to be recomputed where no entry stands for them.
 *   H3  Without the program, or with another version of it, the log is told alone: `partial` says why.
 */
import { Fault } from "../../fault.ts";
import type { Lsn } from "../../journal/entry/entry.ts";
import { irDigest } from "../../lang/ir/ir-codec.ts";
import type { EffectRequest } from "../../lang/effect.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import { nameOf } from "./log.ts";
import type { Log } from "./log.ts";
import { Replay } from "./replay.ts";
import type { MadeAtOnce } from "./replay.ts";
import type { HistoryStep } from "./step.ts";
import { blankStep, stepsOfLog } from "./step-of-log.ts";
import type { StepDraft } from "./step-of-log.ts";
import { kindOfRequest, nameOfRequest, Typed } from "./typed.ts";
import type { Readable } from "./typed.ts";

export interface History {
  readonly steps: readonly HistoryStep[];
  /** Why not everything can be told; null when it is. */
  readonly partial: string | null;
}

/** `readable` null: the program cannot be had, and `why` says why not. */
export async function historyOf(log: Log, readable: Readable | null, why: string | null = null): Promise<History> {
  const refused = readable === null ? (why ?? "its program is not there") : whyNot(log, readable);
  if (readable === null || refused !== null) {
    return { steps: inOrder(stepsOfLog(log, new ValueBytes(null)).values(), []), partial: refused };
  }
  const telling = new Telling(log, readable);
  try {
    await telling.play();
    return { steps: telling.steps(), partial: null };
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return { steps: telling.steps(), partial: thrown.message };
  }
}

/** Why a program cannot tell of a run; null when it can. */
export function whyNot(log: Log, { program }: Readable): string | null {
  const { ir, packages } = log.start.entry;
  if (log.gap !== null) return log.gap;
  if (ir !== irDigest(program.ir)) return "its program is not the version that it began with";
  const now = program.packages.flatMap(({ name, plugin }) => [name, plugin.digest]);
  const changed = packages.findIndex((text, at) => text !== now[at]);
  if (changed < 0 && packages.length === now.length) return null;
  return `${packages[changed - (changed % 2)] ?? "a package"} is not the version that it began with`;
}

class Telling {
  readonly #log: Log;
  readonly #readable: Readable;
  readonly #typed: Typed;
  readonly #known: ReadonlyMap<string, StepDraft>;
  /** What only the playing back told, each after the position that had been reached. */
  readonly #told: { readonly after: Lsn; readonly step: StepDraft }[] = [];
  /** By effect: what is asked, and not delivered. */
  readonly #pending = new Map<string, StepDraft>();
  #reached: Lsn = 1;

  constructor(log: Log, readable: Readable) {
    this.#log = log;
    this.#readable = readable;
    this.#typed = new Typed(readable);
    this.#known = stepsOfLog(log, new ValueBytes(readable.program.ir));
  }

  async play(): Promise<void> {
    await using replay = new Replay(this.#readable.program, this.#log, {
      asked: (effect) => this.#asked(effect, replay.vm.isTimer(effect.id)),
      called: (call) => this.#called(call),
      said: (effect, out) => {
        if (out === null) return;
        this.#place(this.#known.get(`${out.lsn}`), effect);
        this.#reached = Math.max(this.#reached, out.lsn);
      },
      delivered: (effect, answer, { lsn }) => {
        const step = this.#pending.get(effect.id);
        this.#pending.delete(effect.id);
        this.#reached = Math.max(this.#reached, lsn);
        if (step !== undefined && answer.kind === "ok") step.output = this.#typed.output(effect, answer.value);
        if (step !== undefined && answer.kind === "ok" && step.state === "asked") step.state = "delivered";
      },
    });
    await replay.play();
    const still = new Set(replay.vm.state.pending.keys());
    for (const [id, step] of this.#pending) if (step.number === null && !still.has(id)) step.state = "abandoned";
  }

  /** In the order in which they happened. */
  steps(): readonly HistoryStep[] {
    return inOrder(this.#known.values(), this.#told);
  }

  #asked(effect: EffectRequest, isTimeout: boolean): void {
    const { request } = effect;
    const known = this.#known.get(nameOf(effect.id, effect.attempt));
    const step = known ?? { ...blankStep(), state: "waiting" as const, effect: effect.id, attempt: effect.attempt };
    if (known === undefined) this.#told.push({ after: this.#reached, step });
    this.#place(step, effect);
    step.kind = isTimeout ? "timeout" : kindOfRequest(request);
    step.what = nameOfRequest(effect, this.#typed, this.#readable.checked);
    this.#pending.set(effect.id, step);
  }

  #place(step: StepDraft | undefined, effect: EffectRequest): void {
    if (step === undefined) return;
    const { file, line, column } = effect;
    step.place = { file, line, column };
    step.input = this.#typed.input(effect);
  }

  #called({ call, args, value, place, trail }: MadeAtOnce): void {
    const known = trail === null ? undefined : this.#known.get(nameOf(trail.eff, trail.attempt));
    const step = known ?? { ...blankStep(), state: "recomputed" as const };
    if (known === undefined) this.#told.push({ after: this.#reached, step });
    else this.#reached = Math.max(this.#reached, known.last ?? 0);
    const input = this.#typed.arguments(call, args);
    Object.assign(step, { kind: "call", what: this.#typed.called(call), place, input });
    step.output = this.#typed.result(call, value);
  }
}

function inOrder(
  logged: Iterable<StepDraft>,
  told: readonly { readonly after: Lsn; readonly step: StepDraft }[],
): readonly HistoryStep[] {
  const all = [...Array.from(logged, (step) => ({ after: step.number ?? 0, step })), ...told];
  return all.toSorted((a, b) => a.after - b.after).map(({ step }) => step);
}
