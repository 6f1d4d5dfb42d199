/** Ties one machine to its host: the functions and handle classes of the world's imports, as Lua modules. */
import type { Resource, World, WorldSide } from "../../wit/types.ts";
import type { Callback } from "../../wit/value.ts";
import { hostFunction } from "../host-functions.ts";
import { linkFault } from "../link-fault.ts";
import type { ImportedFunction, InstanceOptions } from "../plugin.ts";
import { exportedResources, resourcesOf } from "../world.ts";
import { type Pointer, TABLE } from "./api.ts";
import type { CodecContext, CodecOf } from "./codec.ts";
import { codecsOf } from "./codecs.ts";
import { Handles } from "./handles.ts";
import { callbackCall, type HostCall, type HostCallParts, importCall, sleepCall } from "./host-calls.ts";

import type { LuaMachine } from "./machine.ts";
import { Budget, Misfit } from "./misfit.ts";
import { luaName } from "./names.ts";
import { callPrelude, type Prelude, setField } from "./setup.ts";
import { importNames, type Place, placesOf } from "./world.ts";

const ENDED: HostCall = {
  name: "callback",
  perform: () => {
    throw new Misfit("type-mismatch", "this callback was lent to a call that has ended");
  },
  answer: () => 0,
};

/** One machine with everything that speaks to it. */
export class Link {
  readonly machine: LuaMachine;
  readonly prelude: Prelude;
  readonly budget: Budget = new Budget();
  readonly handles: Handles;
  readonly of: CodecOf;
  readonly #parts: HostCallParts;
  readonly #calls = new Map<number, HostCall>();
  readonly #lent: number[] = [];
  readonly #classes = new Map<Resource, bigint>();
  #next = 1;

  constructor(source: string, machine: LuaMachine, prelude: Prelude, world: World, options: InstanceOptions) {
    this.machine = machine;
    this.prelude = prelude;
    this.handles = new Handles({
      machine,
      instance: options.id,
      exported: exportedResources(world),
      pushClass: (thread, resource) => machine.push(thread, this.#classes.get(resource) as bigint),
      pushCallback: (thread, callback, lent) => this.#pushCallback(thread, callback, lent),
    });
    const context: CodecContext = { machine, budget: this.budget, handles: this.handles, marks: prelude };
    this.of = codecsOf(context);
    this.#parts = { context, of: this.of, pushErr: (thread, pushValue) => this.#pushErr(thread, pushValue) };
    this.#openSennit(options);
    this.#openImports(world.imports, provided(source, world.imports, options));
  }

  /** The host call of a number; a callback that was lent to a call that has ended fails inside the guest. */
  call(id: number): HostCall {
    return this.#calls.get(id) ?? ENDED;
  }

  /** No call is running: callbacks that were lent to one are over. */
  endLoans(): void {
    for (const id of this.#lent.splice(0)) this.#calls.delete(id);
  }

  #pushErr(thread: Pointer, pushValue: (() => void) | null): void {
    const { machine, prelude } = this;
    machine.api.lua_createtable(thread, 0, 1);
    if (pushValue !== null) setField(machine, thread, "value", pushValue);
    machine.push(thread, prelude.err);
    machine.api.lua_setmetatable(thread, -2);
  }

  #pushCall(thread: Pointer, call: HostCall): number {
    const id = this.#next++;
    this.#calls.set(id, call);
    callPrelude(this.machine, thread, this.prelude.import, () => {
      this.machine.api.lua_pushinteger(thread, BigInt(id));
      return 1;
    });
    return id;
  }

  #pushCallback(thread: Pointer, callback: Callback, lent: boolean): void {
    const id = this.#pushCall(thread, callbackCall(this.#parts, callback));
    if (lent) this.#lent.push(id);
  }

  #openSennit(options: InstanceOptions): void {
    const { machine, prelude } = this;
    const { main, api } = machine;
    machine.push(main, prelude.sennit);
    setField(machine, main, "sleep", () => this.#pushCall(main, sleepCall(this.#parts, options.sleep)));
    setField(machine, main, "drop", () => this.#pushCall(main, this.#dropCall(options.imports)));
    setField(machine, main, "null", () => api.lua_pushlightuserdata(main, 0));
    machine.pop(main, 1);
  }

  /** `sennit.drop(handle)`: tells the owner, when it wants to know. */
  #dropCall(imports: ReadonlyMap<string, ImportedFunction>): HostCall {
    return {
      name: "sennit.drop",
      perform: (thread, count) => {
        if (count !== 1) throw new Misfit("type-mismatch", "sennit.drop takes one handle");
        const { resource, handle } = this.handles.takeForeign(thread);
        return imports.get(`${resource.name.interface ?? ""}#[resource-drop]${resource.name.name}`)?.call([handle]);
      },
      answer: (thread) => {
        this.machine.api.lua_pushboolean(thread, 1);
        return 1;
      },
    };
  }

  #openImports(side: WorldSide, functions: ReadonlyMap<string, ImportedFunction>): void {
    const { machine, prelude } = this;
    const { main } = machine;
    const places = placesOf(side);
    const own = places.filter((place) => place.interface === null);
    machine.push(main, prelude.sennit);
    setField(machine, main, "imports", () => this.#pushModule(own, functions));
    machine.pop(main, 1);
    for (const id of side.interfaces.keys()) {
      machine.push(main, prelude.modules);
      this.#pushModule(
        places.filter((place) => place.interface === id),
        functions,
      );
      for (const name of importNames(id, side)) this.#setCopy(name);
      machine.pop(main, 2);
    }
    for (const resource of resourcesOf(side)) {
      if (!this.#classes.has(resource)) this.#defineClass(resource, null);
    }
  }

  /** Sets a field of the table below the top to the value on top, which stays. */
  #setCopy(name: string): void {
    const { api, main } = this.machine;
    this.machine.push(main, this.machine.key(name));
    api.lua_pushvalue(main, -2);
    api.lua_rawset(main, -4);
  }

  #pushModule(places: readonly Place[], functions: ReadonlyMap<string, ImportedFunction>): void {
    const { machine } = this;
    const { main, api } = machine;
    api.lua_createtable(main, 0, places.length);
    for (const { key, fn, path } of places) {
      const [first = "", second] = path;
      const push = (): void =>
        void this.#pushCall(main, importCall(this.#parts, key, fn, functions.get(key) as ImportedFunction));
      if (second === undefined) setField(machine, main, first, push);
      else this.#inClass(fn.resource as Resource, first, () => setField(machine, main, second, push));
    }
  }

  /** With the table of a resource's functions on top, which is made at its first function. */
  #inClass(resource: Resource, name: string, define: () => void): void {
    const { machine } = this;
    const { main, api } = machine;
    machine.push(main, machine.key(name));
    if (api.lua_rawget(main, -2) !== TABLE) {
      machine.pop(main, 1);
      setField(machine, main, name, () => api.lua_createtable(main, 0, 4));
      machine.push(main, machine.key(name));
      api.lua_rawget(main, -2);
      this.#defineClass(resource, machine.api.lua_gettop(main));
    }
    define();
    machine.pop(main, 1);
  }

  /** Makes the metatable of a resource's handles, with the table of its functions at an index of the main stack. */
  #defineClass(resource: Resource, methods: number | null): void {
    const { machine } = this;
    const { main, api } = machine;
    callPrelude(machine, main, this.prelude.handleClass, () => {
      machine.pushText(main, luaName(resource.name.name));
      if (methods === null) api.lua_createtable(main, 0, 0);
      else api.lua_pushvalue(main, methods);
      return 2;
    });
    this.#classes.set(resource, machine.take(main));
  }
}

/** @throws {Fault} `link-failed` naming every import that nothing gives */
function provided(source: string, side: WorldSide, options: InstanceOptions): ReadonlyMap<string, ImportedFunction> {
  const functions = new Map<string, ImportedFunction>();
  const missing: string[] = [];
  for (const { key } of placesOf(side)) {
    const found = options.imports.get(key) ?? hostFunction(key, options);
    if (found === undefined) missing.push(key);
    else functions.set(key, found);
  }
  if (missing.length === 0) return functions;
  throw linkFault(source, missing, options.imports.keys());
}
