/**
 * What the guests of a run import from outside of it: effects of their own (RECOVERY, "capable call").
 *
 *   X1  The n-th time that a call imports a function is one effect, however often the call is made again. It has the attempt
 *       of its call, so that a `retry` asks anew.
 *   X2  An answer that is recorded is given, and nothing is done. Else what the import does is done after it was durably
 *       asked for, by its class, and what came of it is recorded before the guest has it.
 *   X3  A call that is made again to rebuild a state imports what it imported then, and nothing more. Neither does a call
 *       that was given up.
 *   X4  What a guest imports while it starts belongs to no call: every start of it is answered as the first was.
 */
import { Fault } from "../../fault.ts";
import type { EffectClass } from "../../journal/entry.ts";
import type { Answer } from "../../lang/effect.ts";
import { hash128, hex } from "../../lang/vm/hash.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import { errorOf, faultOf } from "../failure.ts";
import type { LoadedPackage } from "../loaded.ts";
import type { CallRecords } from "./call-records.ts";
import type { Inside } from "./inside.ts";
import type { RunLog } from "./run-log.ts";
import { uncertain } from "./uncertain.ts";

export interface Outside {
  readonly package: LoadedPackage;
  readonly function: FunctionKey;
  readonly perform: (args: readonly Value[]) => Value | Promise<Value>;
}

export class GuestEffects {
  readonly #log: RunLog;
  readonly #records: CallRecords;

  constructor(log: RunLog, records: CallRecords) {
    this.#log = log;
    this.#records = records;
  }

  /** `caller` imports something. */
  async call(caller: number, callerName: string, outside: Outside, args: readonly Value[]): Promise<Value> {
    const inside = this.#records.inside(caller, callerName);
    const { name, plugin } = outside.package;
    const what = `${name} ${outside.function}`;
    const id = nextId(inside, what);
    const effect = { id, attempt: inside.attempt, site: `an import of ${callerName}` };
    const known = this.#records.known.done(id, inside.attempt)?.entry;
    if (known !== undefined) return given(this.#records.answerOf(known));
    const isAgain = this.#log.deaf && !inside.isStart;
    if (isAgain || isGivenUp(inside)) throw new Fault("cancelled", "The call was given up");
    const kind = plugin.manifest.effects[outside.function] ?? "once";
    const isDone = await this.#request(effect, kind, what, [...args]);
    if (isGivenUp(inside)) throw new Fault("cancelled", "The call was given up");
    const answer = isDone ? uncertain(what) : await performed(outside, args);
    this.#log.done(effect, answer, "wanted");
    return given(answer);
  }

  /** Resolves when it may be done; true when it may have been done already, and may not be again. */
  async #request(
    effect: { readonly id: string; readonly attempt: number; readonly site: string },
    kind: EffectClass,
    what: string,
    input: Value,
  ): Promise<boolean> {
    const isKnown = this.#log.recorded.request(effect.id, effect.attempt) !== undefined;
    try {
      await this.#log.request(effect, kind, what, input);
    } catch (failure) {
      if (failure instanceof Fault && failure.code === "diverged") this.#log.break(failure);
      throw failure;
    }
    return isKnown && kind === "once";
  }
}

function isGivenUp({ signal }: Inside): boolean {
  return signal?.aborted === true;
}

/** X1 */
function nextId({ eff, counts }: Inside, what: string): string {
  const n = counts.get(what) ?? 0;
  counts.set(what, n + 1);
  return hex(hash128(new TextEncoder().encode(`${eff} ${what} ${n}`)));
}

async function performed(outside: Outside, args: readonly Value[]): Promise<Answer> {
  try {
    return { kind: "ok", value: await outside.perform(args) };
  } catch (failure) {
    return { kind: "error", error: errorOf(failure, outside.package.name) };
  }
}

function given(answer: Answer): Value {
  if (answer.kind === "error") throw faultOf(answer.error);
  return answer.value;
}
