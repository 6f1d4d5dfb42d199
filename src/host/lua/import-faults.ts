/** Failures of the host on their way through Lua: pushed as error objects, and known again when they come out (N4 of instance.ts). */
import { Fault } from "../../fault.ts";
import { invalidValue } from "../invalid-value.ts";
import { type Pointer, STATUS_MEMORY, TABLE } from "./api.ts";
import { describeError, framesOf, NO_MEMORY, textField, trapped } from "./failure.ts";
import { describeThrown } from "./host-calls.ts";
import type { Link } from "./link.ts";
import { Misfit } from "./misfit.ts";
import { setField } from "./setup.ts";

/** How many failures of one call are remembered: a guest may catch any number of them. */
const MOST_REMEMBERED = 8;

export class FaultMemory {
  readonly #link: Link;
  readonly #entries: { readonly ref: number; readonly thrown: unknown }[] = [];

  constructor(link: Link) {
    this.#link = link;
  }

  /** Pushes the error object of a failure, for the guest to raise. */
  push(thread: Pointer, thrown: unknown): void {
    const { machine, prelude } = this.#link;
    const { api } = machine;
    const { code, source, message } = describeThrown(thrown);
    api.lua_createtable(thread, 0, 3);
    setField(machine, thread, "code", () => machine.pushText(thread, code.toWellFormed()));
    setField(machine, thread, "source", () => machine.pushText(thread, source.toWellFormed()));
    setField(machine, thread, "message", () => machine.pushText(thread, message.toWellFormed()));
    machine.push(thread, prelude.failure);
    api.lua_setmetatable(thread, -2);
    if (!(thrown instanceof Misfit)) this.#remember(thread, thrown);
  }

  /** What was thrown for the error object on top of the stack, if it is one of these. */
  find(thread: Pointer): { readonly thrown: unknown } | undefined {
    const { machine } = this.#link;
    return this.#entries.find(({ ref }) => {
      machine.push(thread, ref);
      const same = machine.api.lua_rawequal(thread, -1, -2) !== 0;
      machine.pop(thread, 1);
      return same;
    });
  }

  forget(): void {
    for (const { ref } of this.#entries.splice(0)) this.#link.machine.release(ref);
  }

  #remember(thread: Pointer, thrown: unknown): void {
    const { machine } = this.#link;
    machine.api.lua_pushvalue(thread, -1);
    this.#entries.push({ ref: machine.take(thread), thrown });
    const oldest = this.#entries.length > MOST_REMEMBERED ? this.#entries.shift() : undefined;
    if (oldest !== undefined) machine.release(oldest.ref);
  }
}

/** Slots that looking at an error takes. */
const ROOM = 16;

export interface ErrorReport {
  readonly source: string;
  /** The function that failed, for messages. */
  readonly doing: string;
  readonly thread: Pointer;
  readonly status: number;
  readonly faults: FaultMemory;
}

/** The error that a call ends with, when the value on top of its thread was raised and not caught. */
export function faultOfError(link: Link, { source, doing, thread, status, faults }: ErrorReport): unknown {
  const { machine, memory } = link;
  const guest = { source, doing, memory };
  if (status === STATUS_MEMORY) return trapped(guest, NO_MEMORY);
  if (machine.api.lua_checkstack(thread, ROOM) === 0)
    return trapped(guest, "stack overflow", { frames: framesOf(machine, thread, doing) });
  const found = faults.find(thread);
  if (found !== undefined) return found.thrown;
  const frames = framesOf(machine, thread, doing);
  if (!isHostFailure(link, thread)) return trapped(guest, describeError(machine, thread), { frames });
  const message = textField(machine, thread, "message") ?? "";
  // The guest can write into the object, so its code is not simply taken over.
  if (textField(machine, thread, "code") !== "import-in-callback") {
    return invalidValue(source, "passed", doing, message, { frames });
  }
  return new Fault("import-in-callback", `${source} failed in ${doing}: ${message}`, { source, frames });
}

/** Whether it is an error object that the host or the prelude made: guests cannot put its mark on another. */
function isHostFailure({ machine, prelude }: Link, thread: Pointer): boolean {
  if (machine.api.lua_type(thread, -1) !== TABLE || machine.api.lua_getmetatable(thread, -1) === 0) return false;
  machine.push(thread, prelude.failure);
  const same = machine.api.lua_rawequal(thread, -1, -2) !== 0;
  machine.pop(thread, 2);
  return same;
}
