/**
 * The state of Python plugins: what `save_state` of the main module gives, and `load_state` takes (plugins/python/sennit_saved.py).
 *
 *   S1  Whether a plugin has them is seen in its text, so that nothing of it has to run: two functions at the beginning of a line of
 *       its main module.
 *   S2  A fresh instance takes the state: its modules have loaded, and its objects are made, before.
 */
import { Fault } from "../../fault.ts";
import type { Value } from "../../wit/value.ts";
import { type StateOwner, stateOwner, StateReader, StateWriter } from "../state/bytes.ts";
import { LOAD, SAVE } from "./own-calls.ts";
import type { Numbered } from "./requests.ts";

/** Undefined for a plugin that cannot say its state (S1). `main` is the text of its main module. */
export function pythonOwner(source: string, digest: string, main: string): StateOwner | undefined {
  const isThere = (name: string): boolean => new RegExp(`^def ${name}\\s*\\(`, "m").test(main);
  return isThere("save_state") && isThere("load_state") ? stateOwner(source, "python", digest) : undefined;
}

export interface PythonState {
  readonly state: Uint8Array;
  readonly chance: string;
  readonly calls: number;
  /** Objects that were given out: their numbers are not used again. */
  readonly objects: number;
}

/** Makes a call that is none of the plugin's exports. */
type Submit = (target: Numbered, args: readonly Value[], doing: string) => Promise<Value>;

/** Null when it cannot be told now. */
export async function save(owner: StateOwner, submit: Submit): Promise<Uint8Array | null> {
  const answer = await submit(SAVE, [], "cannot be saved: ");
  if (answer === null) return null;
  const [state, chance, calls, objects] = answer as readonly [Uint8Array, string, number, number];
  const to = new StateWriter(owner);
  to.u32(calls);
  to.u32(objects);
  to.text(chance);
  to.bytes(state);
  return to.finish();
}

/** What `load_state` does not take is a state that is none. @throws {Fault} `state-invalid` */
export async function load({ state, chance, objects }: PythonState, source: string, submit: Submit): Promise<void> {
  try {
    await submit(LOAD, [state, chance, objects], "cannot go on: ");
  } catch (cause) {
    if (!(cause instanceof Fault) || cause.code !== "plugin-trapped") throw cause;
    throw new Fault("state-invalid", cause.message, { source, frames: cause.frames, cause });
  }
}

/** @throws {Fault} `state-invalid` */
export function read(bytes: Uint8Array, owner: StateOwner): PythonState {
  const from = new StateReader(bytes, owner);
  const calls = from.u32();
  const objects = from.u32();
  const chance = from.text();
  const state = from.bytes();
  from.close();
  return { state, chance, calls, objects };
}
