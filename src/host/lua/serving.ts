/**
 * What the guest asks of the host while a call runs: on its own stack when it is answered at once, by a yield when it may wait
 * (host-calls.ts).
 */
import { Defect, Fault } from "../../fault.ts";
import type { Value } from "../../wit/value.ts";
import type { CallChain } from "../call-chain.ts";
import { LIGHT_USERDATA, NUMBER, type Pointer } from "./api.ts";
import { NO_MEMORY } from "./failure.ts";
import { type HostCall, RAISED } from "./host-calls.ts";
import { FaultMemory } from "./import-faults.ts";
import type { Link } from "./link.ts";
import { Misfit } from "./misfit.ts";
import { IN_CALLBACK } from "./prelude.ts";
import { isUnwinding, MachineLost } from "./system.ts";
import type { Task } from "./threads.ts";

/** How a host call ended. */
export type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly thrown: unknown };

export interface ServingParts {
  readonly link: Link;
  readonly chain: CallChain;
  readonly tick: () => void;
}

export class Serving {
  readonly #parts: ServingParts;
  readonly #link: Link;
  readonly #refuseDead: () => void;
  /** The call that runs now. */
  #task: Task | undefined;
  #acting = false;
  readonly #refusals: FaultMemory;

  /** @param refuseDead throws when the instance ended meanwhile (H6) */
  constructor(parts: ServingParts, refuseDead: () => void) {
    this.#parts = parts;
    this.#link = parts.link;
    this.#refuseDead = refuseDead;
    this.#refusals = new FaultMemory(parts.link);
    parts.link.serveWith((thread, call) => this.#serve(thread, call));
  }

  /** Whether the guest is on the stack, or the host acts for it. */
  get onStack(): boolean {
    return this.#task !== undefined || this.#acting;
  }

  /** Runs a coroutine on, with so many values on its stack; answers its status. */
  resume(task: Task, count: number): number {
    const { api, counter } = this.#link.machine;
    this.#parts.tick();
    this.#link.unbar();
    this.#task = task;
    try {
      return api.lua_resume(task.thread, 0, count, counter);
    } finally {
      this.#task = undefined;
    }
  }

  /** The host call that the guest yielded for; its arguments are left on the stack. */
  requested({ thread }: Task): HostCall | undefined {
    const { api, counter } = this.#link.machine;
    const first = -this.#link.machine.word(counter);
    if (first > -2 || api.lua_type(thread, first) !== LIGHT_USERDATA) return undefined;
    if (api.lua_touserdata(thread, first) !== this.#link.prelude.token) return undefined;
    if (api.lua_type(thread, first + 1) !== NUMBER) return undefined;
    return this.#link.call(api.lua_tonumberx(thread, first + 1, 0));
  }

  /** Acts for a guest that has yielded. `instance` is who asks, for calls that come back to it. */
  perform(instance: object, { thread }: Task, call: HostCall): Answer | Promise<Answer> {
    const { machine } = this.#link;
    this.#acting = true;
    try {
      const args = this.#read(thread, call, machine.word(machine.counter) - 2);
      if (args instanceof Misfit) return { ok: false, thrown: args };
      const answer = this.#acted(() => this.#parts.chain.enter(instance, () => call.call(args)));
      this.#refuseDead();
      return answer;
    } finally {
      this.#acting = false;
    }
  }

  /** Pushes what the guest is resumed with, whether it went well and with what, and answers how many values that are. */
  answer({ thread, faults }: Task, call: HostCall, answer: Answer): number {
    const { api } = this.#link.machine;
    api.lua_settop(thread, 0);
    api.lua_pushboolean(thread, 1);
    let count = RAISED;
    if (answer.ok) count = this.#push(thread, call, answer.value, faults);
    else faults.push(thread, answer.thrown);
    if (count !== RAISED) return count + 1;
    api.lua_pushboolean(thread, 0);
    api.lua_copy(thread, -1, 1);
    api.lua_settop(thread, 2);
    return 2;
  }

  /** Answers at once (P3 of prelude.ts, H6). */
  #serve(thread: Pointer, call: HostCall): number {
    const task = this.#task;
    const { machine, barred } = this.#link;
    const { api } = machine;
    // Without a task it is a finalizer or the end of a block, run while the host works on the machine.
    if (task === undefined || barred || api.lua_isyieldable(thread) === 0) {
      this.#refusals.push(thread, new Misfit("import-in-callback", IN_CALLBACK));
      return api.lua_error(thread);
    }
    const answer = this.#performed(thread, call);
    api.lua_settop(thread, 0);
    let count = RAISED;
    if (answer.ok) count = this.#push(thread, call, answer.value, task.faults);
    else task.faults.push(thread, answer.thrown);
    return count === RAISED ? api.lua_error(thread) : count;
  }

  #performed(thread: Pointer, call: HostCall): Answer {
    const args = this.#read(thread, call, this.#link.machine.api.lua_gettop(thread));
    if (args instanceof Misfit) return { ok: false, thrown: args };
    let answer: Answer;
    try {
      answer = { ok: true, value: call.call(args) };
    } catch (thrown) {
      answer = { ok: false, thrown };
    }
    this.#refuseDead();
    if (answer.ok && answer.value instanceof Promise) throw new Defect("a synchronous import answered with a promise");
    this.#parts.tick();
    return answer;
  }

  /** The arguments of a call, or why the guest may not pass them. @throws what ends the instance */
  #read(thread: Pointer, call: HostCall, count: number): readonly Value[] | Misfit {
    const { budget, handles } = this.#link;
    budget.reset();
    try {
      const args = call.read(thread, count);
      handles.accept();
      return args;
    } catch (thrown) {
      if (!(thrown instanceof Misfit)) throw fatal(thrown);
      handles.reject();
      return thrown;
    }
  }

  #acted(work: () => unknown): Answer | Promise<Answer> {
    let value: unknown;
    try {
      value = work();
    } catch (thrown) {
      return { ok: false, thrown };
    }
    if (!(value instanceof Promise)) return { ok: true, value };
    return value.then(
      (settled: unknown): Answer => ({ ok: true, value: settled }),
      (thrown: unknown): Answer => ({ ok: false, thrown }),
    );
  }

  /** Pushes the results of a call; an answer that does not fit is an error too. */
  #push(thread: Pointer, call: HostCall, value: unknown, faults: Task["faults"]): number {
    const { api } = this.#link.machine;
    const top = api.lua_gettop(thread);
    try {
      return call.answer(thread, value);
    } catch (thrown) {
      if (!(thrown instanceof Misfit) && !(thrown instanceof Fault)) throw fatal(thrown);
      api.lua_settop(thread, top);
      faults.push(thread, thrown);
      return RAISED;
    }
  }
}

/** Lua's own error while the host works on its stack can only be a lack of memory, which is not the guest's to catch (M2 of machine.ts). */
function fatal(thrown: unknown): unknown {
  return isUnwinding(thrown) ? new MachineLost(NO_MEMORY) : thrown;
}
