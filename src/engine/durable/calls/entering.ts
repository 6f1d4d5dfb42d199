/**
 * How the calls of a run with a log come into the guests: each in its turn, where the calls before left its group.
 *
 *   N1  A call that would wait for one which waits for it is `re-entrant`: one that came out of a callback of its group.
 *   N2  A group that is not there is brought to where it was first, by whoever needs it next.
 *   N3  What is outside of the run is entered at once, with the key of its effect.
 */
import { Fault } from "../../../fault.ts";
import type { CallEffect } from "../../../host/plugin.ts";
import type { EffectRequest } from "../../../lang/effect.ts";
import type { InstanceGroup } from "../../guests/instances.ts";
import type { LoadedPackage } from "../../load/loaded.ts";
import type { ForeignRequest } from "../../guests/route.ts";
import type { CallId } from "./call-id.ts";
import type { CallRecords } from "./call-records.ts";
import type { Asked } from "./callbacks.ts";
import { isOutside } from "./groups.ts";
import { effectClassOf, keyOfEffect, refuseResources } from "./outside.ts";
import { rebuild } from "./rebuild.ts";
import type { RebuildPorts } from "./rebuild.ts";
import type { RunLog } from "../log/run-log.ts";

/** What calls need of a run that is recorded. */
export interface DurableCalls {
  /** Its id. */
  readonly run: string;
  readonly log: RunLog;
  readonly records: CallRecords;
  /** A guest calls back during the pending effect `call`. */
  readonly arrive: (call: CallId, asked: Asked) => void;
  /** How long it may take to bring a group of instances to where it was, in milliseconds. */
  readonly rebuildDeadline: number;
}

export interface EnteringPorts extends Pick<RebuildPorts, "crossingOf" | "lend"> {
  readonly group: InstanceGroup;
  readonly package: (pack: number) => LoadedPackage;
  /** The call that an effect came out of, by a callback; null when it came out of none. */
  readonly outer: (effect: string) => string | null;
}

export class Entering {
  readonly #durable: DurableCalls;
  readonly #ports: EnteringPorts;
  /** By effect: the package of each call that was asked for and is not over. */
  readonly #going = new Map<string, { readonly package: number; readonly attempt: number }>();

  constructor(durable: DurableCalls, ports: EnteringPorts) {
    this.#durable = durable;
    this.#ports = ports;
  }

  /** Resolves when the call may be made. Gives what it is for those who are outside. */
  async enter(effect: EffectRequest, call: ForeignRequest, signal: AbortSignal): Promise<CallEffect | undefined> {
    const to = this.#ports.package(call.package);
    if (isOutside(to)) return this.#outside(effect.id, to, call);
    const { records, rebuildDeadline: deadline } = this.#durable;
    const { package: pack, function: fn, args } = call;
    this.#refuseReentrant(effect.id, pack);
    this.#going.set(effect.id, { package: pack, attempt: effect.attempt });
    await records.turn(pack, effect);
    refuseGivenUp(signal);
    if (!records.isUp(pack)) await rebuild({ ...this.#ports, records, deadline }, pack); // N2
    await Promise.all(records.groupOf(pack).map((each) => this.#ports.group.begin(each)));
    refuseGivenUp(signal);
    records.enter(pack, fn, args, effect, signal);
    return undefined;
  }

  over({ eff, attempt }: CallId): void {
    if (this.#going.get(eff)?.attempt === attempt) this.#going.delete(eff);
  }

  /** N3. @throws {Fault} `needs-memory-run` */
  #outside(effect: string, to: LoadedPackage, { function: fn, args }: ForeignRequest): CallEffect {
    refuseResources(to, fn);
    return { key: keyOfEffect(this.#durable.run, effect), class: effectClassOf(to.plugin, fn, args) };
  }

  /** N1 */
  #refuseReentrant(effect: string, pack: number): void {
    const { outer, package: packageOf } = this.#ports;
    for (let call = outer(effect); call !== null; call = outer(call)) {
      const going = this.#going.get(call);
      if (going === undefined || !this.#durable.records.isSameTurn(going.package, pack)) continue;
      const source = packageOf(pack).name;
      throw new Fault("re-entrant", `A call of ${source} would wait for the call that it came out of`, {
        source,
        hint: "Call it after the call that the callback was given to.",
      });
    }
  }
}

function refuseGivenUp(signal: AbortSignal): void {
  if (signal.aborted) throw new Fault("cancelled", "The call was given up before it began");
}
