/**
 * Foreign calls of one run: from the VM's values to the plugin's and back, at once where the plugin answers at once.
 *
 *   F1  A call that was started by `now` and did not answer at once is the next `call` request of the VM: requests
 *       come in the order of the calls (the VM is deterministic), so a queue joins the two.
 *   F2  A call with a closure among its arguments waits for its effect id: callbacks hang on it.
 */
import { Defect, Fault } from "../fault.ts";
import { plainAny } from "../lang/data/any-data.ts";
import type { Answer, EffectRequest } from "../lang/effect.ts";
import type { Closure } from "../lang/value.ts";
import { LATER } from "../lang/vm/host.ts";
import { decodeAny, encodeAny } from "../wit/cbor.ts";
import type { AnyValue } from "../wit/any.ts";
import { functionOf } from "../wit/types.ts";
import type { FunctionKey } from "../wit/types.ts";
import { Callback } from "../wit/value.ts";
import type { Value } from "../wit/value.ts";
import { crossingOf } from "./crossing.ts";
import type { Crossing, CrossingTools } from "./crossing.ts";
import { faultOf } from "./failure.ts";
import type { InstanceGroup } from "./instances.ts";
import type { LoadedPackage, LoadedProgram } from "./loaded.ts";
import type { ForkOptions, RunPorts } from "./ports.ts";

type StartCallback = (call: string, closure: Closure, args: readonly Value[]) => string;

export class ForeignCalls {
  readonly #program: LoadedProgram;
  readonly #group: InstanceGroup;
  readonly #ports: RunPorts;
  readonly #startCallback: StartCallback;
  /** Per package, by function: compiled at the first call. */
  readonly #crossings: Map<FunctionKey, Crossing>[];
  /** F1: what `now` started, or null where it started nothing, in order. */
  readonly #started: (Promise<Value> | null)[] = [];
  readonly #callbacks = new Map<string, { resolve: (answer: Uint8Array) => void; reject: (fault: Fault) => void }>();
  /** The effect whose arguments are being lowered (F2). */
  #current = "";

  constructor(program: LoadedProgram, group: InstanceGroup, ports: RunPorts, startCallback: StartCallback) {
    this.#program = program;
    this.#group = group;
    this.#ports = ports;
    this.#startCallback = startCallback;
    this.#crossings = program.packages.map(() => new Map());
  }

  /** Calls at once. @throws {Fault} what the call failed with, when it failed at once. */
  now(pack: number, fn: FunctionKey, args: readonly Value[]): Value | typeof LATER {
    const crossing = this.#crossing(pack, fn);
    if (crossing.callbacks || this.#group.idle(pack) === undefined) {
      this.#started.push(null);
      return LATER;
    }
    const answer = this.#group.call(pack, fn, lower(crossing, args));
    if (!(answer instanceof Promise)) return crossing.result === null ? answer : crossing.result(answer);
    // Whoever takes it up handles its failure.
    answer.catch(() => {});
    this.#started.push(answer);
    return LATER;
  }

  /** Takes up the call that `now` began, or begins it. */
  async perform(effect: EffectRequest, pack: number, fn: FunctionKey, args: readonly Value[]): Promise<Value> {
    const crossing = this.#crossing(pack, fn);
    const started = this.#started.shift();
    const value = await (started ?? this.#begin(effect.id, crossing, pack, fn, args));
    return crossing.result === null ? value : crossing.result(value);
  }

  async fork(pack: number, fn: FunctionKey, args: readonly Value[], options: ForkOptions): Promise<Value> {
    const crossing = this.#crossing(pack, fn);
    const { fork } = this.#ports;
    if (fork === null) throw new Fault("needs-workers", "This platform has no other core to call on");
    const value = await fork(pack, fn, lower(crossing, args), options);
    return crossing.result === null ? value : crossing.result(value);
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
    const waiting = this.#callbacks.get(id);
    this.#callbacks.delete(id);
    if (waiting === undefined) return;
    if (answer.kind === "ok") waiting.resolve(encodeAny(this.data(answer.value)));
    else waiting.reject(faultOf(answer.error));
  }

  #begin(
    id: string,
    crossing: Crossing,
    pack: number,
    fn: FunctionKey,
    args: readonly Value[],
  ): Value | Promise<Value> {
    this.#current = id;
    return this.#group.call(pack, fn, lower(crossing, args));
  }

  #callback(closure: Closure): Callback {
    const call = this.#current;
    return new Callback((args) => {
      const id = this.#startCallback(
        call,
        closure,
        args.map((bytes) => decodeAny(bytes) as Value),
      );
      return new Promise((resolve, reject) => this.#callbacks.set(id, { resolve, reject }));
    });
  }

  #crossing(pack: number, fn: FunctionKey): Crossing {
    const known = this.#crossings[pack]?.get(fn);
    if (known !== undefined) return known;
    const { use, plugin } = this.package(pack);
    const wit = functionOf((use?.world ?? plugin.world).exports, fn);
    const tools: CrossingTools = {
      flatten: (any) => this.data(any),
      callback: (closure) => this.#callback(closure),
    };
    const crossing = wit === undefined ? untyped(tools) : crossingOf(wit, tools);
    this.#crossings[pack]?.set(fn, crossing);
    return crossing;
  }
}

/** A function of the embedding program without WIT takes and gives Any, as data. */
function untyped(tools: CrossingTools): Crossing {
  return { args: [], others: (any) => tools.flatten(any), result: null, callbacks: false };
}

function lower(crossing: Crossing, args: readonly Value[]): readonly Value[] {
  if (crossing.args === null) return args;
  return args.map((value, at) => {
    const cross = crossing.args?.[at] ?? crossing.others;
    return cross ? cross(value) : value;
  });
}
