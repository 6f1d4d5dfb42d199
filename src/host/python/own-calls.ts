/** What the host calls in every Python instance that is none of the plugin's exports (`own` of plugins/python/sennit_calls.py). */
import type { WitType } from "../../wit/types.ts";
import type { Numbered } from "./requests.ts";
import * as frames from "./worker/frame.ts";

const BYTES: WitType = { kind: "list", element: { kind: "u8" } };
/** Of the plugin, of the random numbers that it has seeded; how many calls there were, and objects that it gave out. */
const STATE: WitType = { kind: "tuple", items: [BYTES, { kind: "string" }, { kind: "u32" }, { kind: "u32" }] };
const FUNCTION = { shape: "function", async: false, resource: null } as const;

/** Makes the plugin's objects: called as the first function of a fresh instance. */
export const BIND: Numbered = {
  key: "bind",
  number: frames.BIND,
  fn: { ...FUNCTION, name: "bind", params: [{ name: "seed", type: BYTES }], result: null },
};

/** What can be told of its state; null when nothing can. */
export const SAVE: Numbered = {
  key: "save_state",
  number: frames.SAVE,
  fn: { ...FUNCTION, name: "save_state", params: [], result: { kind: "option", some: STATE } },
};

/** Takes it. */
export const LOAD: Numbered = {
  key: "load_state",
  number: frames.LOAD,
  fn: {
    ...FUNCTION,
    name: "load_state",
    params: [
      { name: "state", type: BYTES },
      { name: "chance", type: { kind: "string" } },
      { name: "objects", type: { kind: "u32" } },
    ],
    result: null,
  },
};
