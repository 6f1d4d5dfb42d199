/**
 * Foreign calls of one run: from the VM's values to the plugin's and back, at once where the plugin answers at once.
 *
 *   F1  A call that `now` started and that did not answer at once is taken up by the request with the very same array of
 *       arguments: the VM makes one for each call. What nobody takes up, because it was abandoned first, is forgotten.
 *   F2  A call with a closure among its arguments waits for its effect: callbacks hang on it, and end with it.
 *   F3  What a callback calls belongs to the call that the callback came out of, so that a call which would wait for
 *       itself is `re-entrant` and not a standstill. While there are callbacks, `now` therefore starts nothing.
 *   F4  An instance that takes several calls at once gets its calls when every branch waits: all those that are asked for
 *       by then in one turn, and with them those that can be told ahead (look-ahead.ts).
 *   F5  What can be stopped in the middle waits for its effect, too: it is stopped when that is abandoned.
 */
import { Defect, Fault } from "../../fault.ts";
import { plainAny } from "../../lang/data/any-data.ts";
import { moved } from "../../host/moved.ts";
import type { Instance, LogLine } from "../../host/plugin.ts";
import type { Answer, EffectRequest } from "../../lang/effect.ts";
import { AnyTyped, Closure } from "../../lang/value.ts";
import type { Ahead } from "../../lang/vm/ahead.ts";
import { LATER } from "../../lang/vm/host.ts";
import type { AnyValue } from "../../wit/any.ts";
import { functionOf } from "../../wit/types.ts";
import type { FunctionKey } from "../../wit/types.ts";
import { Callback } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import { crossIn, crossingOf, crossOut } from "./crossing.ts";
import type { Crossing, CrossingTools } from "./crossing.ts";
import { errorOf, faultOf } from "./failure.ts";
import type { EntryOf } from "../../journal/entry/entry.ts";
import type { CallId } from "../durable/calls/call-id.ts";
import type { CallRecords } from "../durable/calls/call-records.ts";
import { Callbacks } from "../durable/calls/callbacks.ts";
import type { InChain } from "../durable/calls/callbacks.ts";
import { Entering } from "../durable/calls/entering.ts";
import type { DurableCalls } from "../durable/calls/entering.ts";
import { isOutside } from "../durable/calls/groups.ts";
import type { RebuildPorts } from "../durable/calls/rebuild.ts";
import type { InstanceGroup } from "./instances.ts";
import type { LoadedPackage, LoadedProgram } from "../load/loaded.ts";
import { LookAhead, Pace } from "./look-ahead.ts";
import type { ForkOptions, RunPorts } from "../platform/ports.ts";
import { lendingOf } from "./route.ts";
import type { ForeignRequest, Lending, Route } from "./route.ts";
import { readAny, writeAny } from "./untyped.ts";

export type { ForeignRequest } from "./route.ts";

/** What calls need of the VM. */
export interface CallbackVm {
  readonly start: (call: string, closure: Closure, args: readonly Value[]) => string;
  /** The callback that asked for an effect. */
  readonly around: (effect: string) => string | null;
  /** The calls that follow it in its loop. Absent: every call goes alone. */
  readonly ahead?: (effect: string, most: number) => Ahead;
  /** Absent: nothing is recorded. */
  readonly durable?: DurableCalls | null;
}

interface RunningCallback {
  readonly resolve: (answer: Uint8Array) => void;
  readonly reject: (fault: unknown) => void;
  readonly inChain: InChain;
}

export class ForeignCalls {
  readonly #program: LoadedProgram;
  readonly #group: InstanceGroup;
  readonly #ports: RunPorts;
  readonly #vm: CallbackVm;
  readonly #records: CallRecords | null;
  readonly #recorded: Callbacks | null;
  readonly #entering: Entering | null;
  /** Per package, by function: made at the first call. */
  readonly #routes: Map<FunctionKey, Route>[];
  /** By number of the program's `calls`. */
  readonly #sites: (Route | undefined)[] = [];
  /** Null: every call goes alone. */
  readonly #lookAhead: LookAhead | null;
  /** F1: what `now` started, by its arguments. */
  readonly #started = new WeakMap<readonly Value[], Promise<Value>>();
  /** By the id of the callback. */
  readonly #callbacks = new Map<string, RunningCallback>();
  /** The call whose arguments are being lowered (F2). */
  #lending: Lending = { ...lendingOf({ eff: "", attempt: 0 }), over: true };

  constructor(program: LoadedProgram, group: InstanceGroup, ports: RunPorts, vm: CallbackVm) {
    this.#program = program;
    this.#group = group;
    this.#ports = ports;
    this.#vm = vm;
    const durable = vm.durable ?? null;
    this.#records = durable?.records ?? null;
    this.#recorded =
      durable && new Callbacks(durable.log, durable.records, { start: vm.start, arrive: durable.arrive });
    this.#entering =
      durable &&
      new Entering(durable, {
        ...this.#again,
        group,
        package: (pack) => this.package(pack),
        outer: (effect) => this.#recorded?.callOf(vm.around(effect) ?? "") ?? null,
      });
    this.#records?.saveBy((packs) => group.save(packs));
    this.#routes = program.packages.map(() => new Map());
    this.#lookAhead = vm.ahead === undefined || this.#records !== null ? null : new LookAhead(vm.ahead, ports.clock);
  }

  /** Calls at once. A call that failed at once is answered LATER, too: errors have one way into the program. */
  now(site: number, args: readonly Value[]): Value | typeof LATER {
    if (this.#records !== null) return this.#recordedNow(this.#records, (this.#sites[site] ??= this.#site(site)), args);
    const { package: pack, function: fn, crossing } = (this.#sites[site] ??= this.#site(site));
    const instance = this.#group.idle(pack);
    if (instance === undefined || instance.callMany !== undefined || instance.abortable === true) return LATER; // F4, F5
    if (this.#callbacks.size > 0 || this.#takesClosure(crossing, args)) return LATER;
    const answer = attempt(instance, fn, crossing, args);
    if (!(answer instanceof Promise)) return crossIn(crossing, answer);
    // Whoever takes it up handles its failure.
    answer.catch(() => {});
    this.#started.set(args, answer);
    return LATER;
  }

  /** Resolves when calls may be made at once that a replay will make at once again. */
  async ready(): Promise<void> {
    for (const pack of this.#records?.ready ?? []) {
      if (!isOutside(this.package(pack))) await this.#group.begin(pack).catch(() => {}); // told by the call that needs it
    }
  }

  /** A call for an effect has ended. Gives whether it ended a guest, or left it as nobody can say. */
  left(pack: number, effect: EffectRequest, isStopped: boolean): boolean {
    return this.#records?.left(pack, effect, { isLost: this.#isLost(pack), isStopped }) ?? false;
  }

  /** Whether an instance was lost that a call into this package may have reached. */
  #isLost(pack: number): boolean {
    return this.#records?.groupOf(pack).some((each) => this.#group.isLost(each)) ?? false;
  }

  #recordedNow(records: CallRecords, route: Route, args: readonly Value[]): Value | typeof LATER {
    const { package: pack, function: fn, crossing } = route;
    if (isOutside(this.package(pack)) || this.#takesClosure(crossing, args)) return LATER;
    const decision = records.now(pack, fn, args);
    if (decision.kind === "later") return LATER;
    if (decision.kind === "answered") return this.#answeredNow(args, decision.answer);
    const instance = this.#group.idle(pack);
    if (instance?.colour !== "sync" || !instance.alive || this.#recorded?.isBusy === true) {
      if (instance === undefined || instance.colour === "sync") records.notNow(pack, decision.id);
      return LATER;
    }
    records.enterNow(pack, fn, args, decision.id);
    const begun = performance.now();
    const answer = this.#attemptNow(instance, route, args);
    records.leftNow(pack, decision.id, answer, { isLost: this.#isLost(pack), time: performance.now() - begun });
    return this.#answeredNow(args, answer);
  }

  /** F1: a failure is taken up by the request that follows. */
  #answeredNow(args: readonly Value[], answer: Answer): Value | typeof LATER {
    if (answer.kind === "ok") return answer.value;
    this.#failed(args, faultOf(answer.error));
    return LATER;
  }

  #attemptNow(instance: Instance, { package: pack, function: fn, crossing }: Route, args: readonly Value[]): Answer {
    try {
      const given = instance.call(fn, crossOut(crossing, args)) as Value;
      return { kind: "ok", value: crossIn(crossing, given) };
    } catch (thrown) {
      return { kind: "error", error: errorOf(thrown, this.package(pack).name) };
    }
  }

  #failed(args: readonly Value[], thrown: unknown): void {
    const failure = Promise.reject(thrown);
    failure.catch(() => {});
    this.#started.set(args, failure);
  }

  /** Takes up the call that `now` began, or begins it. */
  async perform(effect: EffectRequest, call: ForeignRequest, signal: AbortSignal): Promise<Value> {
    const route = this.#route(call.package, call.function);
    const { crossing } = route;
    const answer = this.#started.get(call.args) ?? this.#begin(effect, route, call, signal);
    this.#group.during(call.package, answer, signal);
    return crossIn(crossing, await answer);
  }

  /** What a call is answered that was made before it was asked for; null for every other call. */
  foreknown(effect: EffectRequest, { package: pack }: ForeignRequest): Answer | null {
    const known = this.#lookAhead?.take(effect) ?? null;
    if (known === null) return null;
    if ("value" in known) return { kind: "ok", value: known.value };
    return { kind: "error", error: errorOf(known.thrown, this.package(pack).name) };
  }

  /** To be told whenever every branch waits. */
  settle(pending: { readonly has: (effect: string) => boolean }): void {
    this.#lookAhead?.settle(pending);
  }

  /** Whether a guest has functions of the program, or will have when its call is made (again): until it is over, no snapshot knows of them. */
  isLent(pending: Iterable<{ readonly effect: EffectRequest }>): boolean {
    if (this.#recorded?.isBusy === true) return true;
    for (const { effect } of pending) {
      if (effect.request.kind !== "call") continue;
      const { package: pack, function: fn, args } = effect.request;
      if (this.#takesClosure(this.#route(pack, fn).crossing, args)) return true;
    }
    return false;
  }

  async fork(call: ForeignRequest, options: Omit<ForkOptions, "log">): Promise<Value> {
    const { crossing } = this.#route(call.package, call.function);
    const { fork } = this.#ports;
    if (fork === null) throw new Fault("needs-workers", "This platform has no other core to call on");
    const log = (line: LogLine): void => this.#group.log(call.package, line);
    const value = await fork(call.package, call.function, crossOut(crossing, call.args), { ...options, log });
    return crossIn(crossing, value);
  }

  package(pack: number): LoadedPackage {
    const found = this.#program.packages[pack];
    if (found === undefined) throw new Defect(`package ${pack} is not loaded`);
    return found;
  }

  /** An Any as data that knows nothing of the program. */
  data(any: Value): AnyValue {
    return plainAny(any, this.#program.ir.types);
  }

  /** The workflow's function that a plugin called has ended. */
  answerCallback(id: string, answer: Answer): void {
    if (this.#recorded !== null) return this.#recorded.ended(id, answer);
    const waiting = this.#callbacks.get(id);
    this.#callbacks.delete(id);
    if (waiting === undefined) return;
    try {
      waiting.resolve(this.#written(answer));
    } catch (fault) {
      waiting.reject(fault);
    }
  }

  /** The program took up a callback in the life before, at this place. */
  startCallback(entry: EntryOf<"CB">, { package: pack, function: fn, args }: ForeignRequest): void {
    const lending = { ...lendingOf(entry), over: true };
    this.#lending = lending;
    crossOut(this.#route(pack, fn).crossing, args);
    this.#recorded?.startAgain(entry, lending.closures[entry.closure]);
  }

  /** What a callback answers its guest. @throws {Fault} what it failed with */
  #written(answer: Answer): Uint8Array {
    if (answer.kind === "error") throw faultOf(answer.error);
    return writeAny(this.data(answer.value));
  }

  async #begin(effect: EffectRequest, route: Route, call: ForeignRequest, signal: AbortSignal): Promise<Value> {
    const id: CallId = { eff: effect.id, attempt: effect.attempt };
    const lending = lendingOf(id, { isOutside: isOutside(this.package(call.package)) });
    using lent = this.#records !== null && this.#takesClosure(route.crossing, call.args) ? this.#records.lend() : null;
    void lent;
    try {
      const outside = this.#entering === null ? undefined : await this.#entering.enter(effect, call, signal);
      this.#lending = lending;
      const args = crossOut(route.crossing, call.args);
      const ask = (instance: Instance): Value | Promise<Value> =>
        this.#withThose(instance, effect, route, call.args, args, signal) ??
        instance.call(call.function, args, signal, outside);
      return await this.#inChain(effect.id)(() => this.#group.use(call.package, ask, signal));
    } finally {
      lending.over = true;
      this.#entering?.over(id);
      this.#recorded?.over(id);
    }
  }

  /** How calls are made again. */
  readonly #again: Pick<RebuildPorts, "crossingOf" | "lend"> = {
    crossingOf: (pack, fn) => this.#route(pack, fn).crossing,
    lend: (call) => {
      const lending = lendingOf(call, { isAgain: true });
      this.#lending = lending;
      return { [Symbol.dispose]: () => void (lending.over = true) };
    },
  };

  /** Makes the call together with those that follow it; null when it is to go alone. An answer that has to be read first may fail. */
  #withThose(
    instance: Instance,
    effect: EffectRequest,
    { function: fn, crossing, pace }: Route,
    given: readonly Value[],
    args: readonly Value[],
    signal: AbortSignal,
  ): Promise<Value> | null {
    if (this.#lookAhead === null || crossing.result !== null || this.#takesClosure(crossing, given)) return null;
    const lowered = (coming: readonly Value[]): readonly Value[] | null =>
      this.#takesClosure(crossing, coming) ? null : lowerOrNull(crossing, coming);
    return this.#lookAhead.call(instance, { effect, function: fn, args, lower: lowered, pace, signal });
  }

  /** F3: as a part of the call whose callback asked for the effect. */
  #inChain(effect: string): InChain {
    const isAlone = this.#callbacks.size === 0 && this.#recorded?.isBusy !== true;
    const around = isAlone ? "" : (this.#vm.around(effect) ?? "");
    return this.#recorded?.chainOf(around) ?? this.#callbacks.get(around)?.inChain ?? ((work) => work());
  }

  #callback(closure: Closure, source: string): Callback {
    const lending = this.#lending;
    const which = lending.closures.push(closure) - 1;
    return new Callback(async (args) => {
      if (lending.over) throw moved();
      const anys = args.map((bytes) => readAny(bytes, source));
      const inChain = this.#ports.chain?.() ?? ((work) => work());
      if (this.#recorded !== null) {
        const calling = { ...lending, n: lending.count++, closure: which, inChain };
        return this.#written(await this.#recorded.call(calling, closure, anys));
      }
      const id = this.#vm.start(lending.eff, closure, anys);
      return await new Promise((resolve, reject) => this.#callbacks.set(id, { resolve, reject, inChain }));
    });
  }

  #takesClosure(crossing: Crossing, args: readonly Value[]): boolean {
    return crossing.callbacks || (crossing.others !== null && args.some((arg) => this.#closureIn(arg) !== null));
  }

  /** A function in an Any that can be called back: one that takes and gives Any, and needs no conversion. */
  #closureIn(any: Value): Closure | null {
    if (!(any instanceof AnyTyped) || !(any.value instanceof Closure)) return null;
    const type = this.#program.ir.types[any.type];
    const fits = type?.kind === "fn" && [...type.params, type.result].every(({ kind }) => kind === "Any");
    return fits ? any.value : null;
  }

  #site(number: number): Route {
    const call = this.#program.ir.calls[number];
    if (call === undefined) throw new Defect(`there is no call ${number}`);
    return this.#route(call.package, call.function);
  }

  #route(pack: number, fn: FunctionKey): Route {
    const known = this.#routes[pack]?.get(fn);
    if (known !== undefined) return known;
    const { use, plugin, name } = this.package(pack);
    const wit = functionOf((use?.world ?? plugin.world).exports, fn);
    const tools = {
      source: name,
      flatten: (any: Value) => this.data(any),
      callback: (closure: Closure) => this.#callback(closure, name),
      closureIn: (any: Value) => this.#closureIn(any),
    };
    const crossing = wit === undefined ? untyped(tools) : crossingOf(wit, tools);
    const route: Route = { package: pack, function: fn, crossing, pace: new Pace() };
    this.#routes[pack]?.set(fn, route);
    return route;
  }
}

function attempt(
  instance: Instance,
  fn: FunctionKey,
  crossing: Crossing,
  args: readonly Value[],
): Value | Promise<Value> {
  try {
    return instance.call(fn, crossOut(crossing, args));
  } catch (failure) {
    return Promise.reject(failure);
  }
}

/** A function of the embedding program without WIT takes and gives Any, as data. */
function untyped(tools: CrossingTools & { readonly closureIn: (any: Value) => Closure | null }): Crossing {
  const others = (any: Value): Value => {
    const closure = tools.closureIn(any);
    return closure === null ? tools.flatten(any) : tools.callback(closure);
  };
  return { args: [], others, result: null, callbacks: false };
}

/** What cannot be lowered fails in its own turn. */
function lowerOrNull(crossing: Crossing, args: readonly Value[]): readonly Value[] | null {
  try {
    return crossOut(crossing, args);
  } catch {
    return null;
  }
}
