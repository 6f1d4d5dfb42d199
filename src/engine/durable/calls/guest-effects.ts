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
import { Fault } from "../../../fault.ts";
import type { EffectClass } from "../../../journal/entry/entry.ts";
import type { Answer } from "../../../lang/effect.ts";
import { hash128, hex } from "../../../lang/vm/hash.ts";
import type { FunctionKey } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";
import { errorOf, faultOf } from "../../guests/failure.ts";
import type { LoadedPackage } from "../../load/loaded.ts";
import type { CallEffect } from "../../../host/plugin.ts";
import type { CallRecords } from "./call-records.ts";
import { effectClassOf, keyOfEffect, refuseResources } from "./outside.ts";
import type { Inside } from "./inside.ts";
import type { RunLog } from "../log/run-log.ts";
import { uncertain } from "../effects/uncertain.ts";

export interface Outside {
  readonly package: LoadedPackage;
  readonly function: FunctionKey;
  readonly perform: (args: readonly Value[], effect: CallEffect) => Value | Promise<Value>;
}

export class GuestEffects {
  readonly #log: RunLog;
  readonly #records: CallRecords;
  readonly #run: string;

  /** @param run its id */
  constructor(log: RunLog, records: CallRecords, run: string) {
    this.#log = log;
    this.#records = records;
    this.#run = run;
  }

  /** `caller` imports something. */
  async call(caller: number, callerName: string, outside: Outside, args: readonly Value[]): Promise<Value> {
    const inside = this.#records.inside(caller, callerName);
    const { name, plugin } = outside.package;
    const what = `${name} ${outside.function}`;
    const id = nextId(inside, what);
    const effect = { id, attempt: inside.attempt, site: `an import of ${callerName}` };
    const known = this.#records.known.done(id, inside.attempt)?.entry;
    if (known !== undefined) {
      this.#records.advance(inside.eff, known.at ?? 0);
      return given(this.#records.answerOf(known));
    }
    if (inside.isAgain || isGivenUp(inside)) throw new Fault("cancelled", "The call was given up");
    refuseResources(outside.package, outside.function);
    const kind = effectClassOf(plugin, outside.function, args);
    const isDone = await this.#request(effect, kind, what, [...args]);
    if (isGivenUp(inside)) throw new Fault("cancelled", "The call was given up");
    const key = keyOfEffect(this.#run, id);
    const answer = isDone ? uncertain(what) : await performed(outside, args, { key, class: kind });
    const at = this.#log.stamp();
    this.#log.done(effect, answer, "wanted", at);
    this.#records.advance(inside.eff, at);
    return given(answer);
  }

  /** Resolves when it may be done; true when it may have been done already, and may not be again. */
  async #request(
    effect: { readonly id: string; readonly attempt: number; readonly site: string },
    kind: EffectClass,
    what: string,
    input: Value,
  ): Promise<boolean> {
    const isKnown = this.#records.known.request(effect.id, effect.attempt) !== undefined;
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

async function performed(outside: Outside, args: readonly Value[], effect: CallEffect): Promise<Answer> {
  try {
    return { kind: "ok", value: await outside.perform(args, effect) };
  } catch (failure) {
    return { kind: "error", error: errorOf(failure, outside.package.name) };
  }
}

function given(answer: Answer): Value {
  if (answer.kind === "error") throw faultOf(answer.error);
  return answer.value;
}
