/**
 * Calls that a run made at once, while it is played back: which of them the log tells, and which have to be made again.
 *
 *   N1  Every call that could be made at once has a number in its group, given in the program's order; what was recorded of
 *       it stands under that number (engine/durable/calls/call-records.ts, C2).
 *   N2  What waited for its effect then waits again; also what failed at once, whose error came in that way.
 *   N3  A package without state whose call left no trail answered at once. The call is made again, in an instance that
 *       reaches nothing outside: it is pure, and its answer is the same.
 */
import { nowId } from "../durable/calls/call-id.ts";
import type { Lsn } from "../../journal/entry/entry.ts";
import { plainAny } from "../../lang/data/any-data.ts";
import type { Answer } from "../../lang/effect.ts";
import { AnyTyped, Closure } from "../../lang/value.ts";
import type { IrCall } from "../../lang/ir/ir.ts";
import { Defect, Fault } from "../../fault.ts";
import type { AnyValue } from "../../wit/any.ts";
import { functionOf } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import { crossIn, crossingOf, crossOut } from "../guests/crossing.ts";
import type { Crossing } from "../guests/crossing.ts";
import { groupsOf, isOutside } from "../durable/calls/groups.ts";
import type { ValueBytes } from "../durable/value-bytes.ts";
import { errorOf } from "../guests/failure.ts";
import { InstanceGroup } from "../guests/instances.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import { here } from "../durable/log/payload.ts";
import type { Log, Trail } from "./log.ts";

/** How a call that comes next was answered then. */
export type NowCall =
  /** It waits for its effect. */
  | { readonly kind: "later" }
  | { readonly kind: "recorded"; readonly trail: Trail; readonly lsn: Lsn; readonly value: Value }
  /** N3 */
  | { readonly kind: "again" };

const LATER: NowCall = { kind: "later" };

interface Group {
  readonly number: number;
  /** N3 */
  readonly isPure: boolean;
  /** N1: how many calls there were. */
  asked: number;
}

export class NowCalls implements AsyncDisposable {
  readonly #program: LoadedProgram;
  readonly #log: Log;
  readonly #values: ValueBytes;
  /** By package. */
  readonly #groups: readonly Group[];
  /** Packages of which a call waited for its effect. */
  readonly #waiting = new Set<number>();
  #instances: InstanceGroup | null = null;

  constructor(program: LoadedProgram, log: Log, values: ValueBytes) {
    this.#program = program;
    this.#log = log;
    this.#values = values;
    const groups = groupsOf(program.packages).map((packages, number): Group => {
      return { number, isPure: packages.every((each) => isPure(program, each)), asked: 0 };
    });
    const members = groupsOf(program.packages);
    this.#groups = program.packages.map((_, at) => groups[members.findIndex((each) => each.includes(at))] as Group);
  }

  /** Whether a package may have to be asked again. */
  get needsPackages(): boolean {
    return this.#groups.some(({ isPure: pure }) => pure);
  }

  /** What comes of the call that is to be made now, under this effect if it waits. Changes nothing. */
  peek(call: IrCall, args: readonly Value[], eff: string, attempt: number): NowCall {
    const group = this.#groups[call.package];
    if (group === undefined || !this.#isCounted(call, args)) return LATER;
    const trail = this.#log.trail(nowId(group.number, group.asked + 1).eff, 0);
    const done = trail?.done;
    if (trail !== undefined && done) {
      if (done.entry.outcome !== "ok") return LATER; // N2
      const value = this.#values.decode(here(done.entry.value));
      return { kind: "recorded", trail, lsn: trail.call?.lsn ?? done.lsn, value };
    }
    const isAgain = group.isPure && !this.#waiting.has(call.package) && this.#log.trail(eff, attempt) === undefined;
    return isAgain ? { kind: "again" } : LATER;
  }

  /** The call is made. */
  taken(call: IrCall, args: readonly Value[], eff: string, attempt: number): void {
    const group = this.#groups[call.package];
    if (group === undefined || !this.#isCounted(call, args)) return;
    group.asked += 1;
    if (this.#log.trail(eff, attempt) !== undefined) this.#waiting.add(call.package);
  }

  #isCounted(call: IrCall, args: readonly Value[]): boolean {
    return !call.fork && !isOutside(this.#program.packages[call.package]) && closuresOf(args).length === 0;
  }

  /** N3 */
  async again(call: IrCall, args: readonly Value[]): Promise<Answer> {
    const { name } = this.#program.packages[call.package] ?? { name: "" };
    this.#instances ??= new InstanceGroup(this.#program, {
      seed: this.#log.start.entry.seed,
      clock: { now: () => this.#log.start.entry.created, sleep: async () => {} },
      log: () => {},
    });
    const crossing = this.#crossing(call);
    try {
      const value = await this.#instances.call(call.package, call.function, crossOut(crossing, args));
      return { kind: "ok", value: crossIn(crossing, value) };
    } catch (thrown) {
      return { kind: "error", error: errorOf(thrown, name) };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#instances?.[Symbol.asyncDispose]();
  }

  #crossing({ package: pack, function: fn }: IrCall): Crossing {
    const found = this.#program.packages[pack];
    const wit = found && functionOf((found.use?.world ?? found.plugin.world).exports, fn);
    if (found === undefined || wit === undefined) throw new Defect(`there is no ${fn} in package ${pack}`);
    const never = (): never => {
      throw new Fault("moved", "A function of the program is not called while a run is played back");
    };
    const flatten = (any: Value): AnyValue => plainAny(any, this.#program.ir.types);
    return crossingOf(wit, { source: found.name, flatten, callback: never });
  }
}

/** The functions among the arguments of a call, in order. */
export function closuresOf(args: readonly Value[]): readonly Closure[] {
  return args.flatMap((arg) => {
    if (arg instanceof Closure) return [arg];
    return arg instanceof AnyTyped && arg.value instanceof Closure ? [arg.value] : [];
  });
}

/** Without state, and reaching nothing outside of the run. */
function isPure({ packages }: LoadedProgram, at: number): boolean {
  const pack = packages[at];
  if (pack?.plugin.manifest.stateless !== true || isOutside(pack)) return false;
  return [...pack.imports.values()].every((from) => !isOutside(packages[from.package]));
}
