/** Ties one machine to its host: the functions and handle classes of the world's imports, as Lua modules. */
import { LiftBudget, type LiftLimits } from "../../wit/budget.ts";
import type { Resource, World, WorldSide } from "../../wit/types.ts";
import type { Callback, Handle } from "../../wit/value.ts";
import { hostFunction } from "../host-functions.ts";
import { linkFault } from "../link-fault.ts";
import type { ImportedFunction, InstanceOptions } from "../plugin.ts";
import { exportedResources, resourcesOf } from "../world.ts";
import { type Pointer, TABLE } from "./api.ts";
import { Chance } from "./chance.ts";
import type { CodecContext, CodecOf } from "./codec.ts";
import { codecsOf } from "./codecs.ts";
import { Handles } from "./handles.ts";
import { callbackCall, type HostCall, type HostCallParts, importCall, sleepCall } from "./host-calls.ts";

import type { LuaMachine } from "./machine.ts";
import { Misfit } from "./misfit.ts";
import { luaName } from "./names.ts";
import type { StateReader, StateWriter } from "../state/bytes.ts";
import { BAR, callPrelude, DRAW, type Prelude, setField } from "./setup.ts";
import { importNames, type Place, placesOf } from "./world.ts";

const ENDED: HostCall = {
  colour: "async",
  read: () => {
    throw new Misfit("type-mismatch", "this callback was lent to a call that has ended");
  },
  call: () => null,
  answer: () => 0,
};

/** Answers a call on the guest's own stack: how many results it pushed. */
export type Serve = (thread: Pointer, call: HostCall) => number;

const OWN_MODULE = "sennit";
const DROP = "#[resource-drop]";

export interface LinkParts {
  readonly source: string;
  readonly machine: LuaMachine;
  /** Bytes that the machine may have. */
  readonly memory: number;
  readonly prelude: Prelude;
  readonly world: World;
  /** Whether the guest is given `sennit.sleep`. */
  readonly sleeps: boolean;
  /** What one answer may have, and the arguments of one import. */
  readonly lift: LiftLimits;
}

/** One machine with everything that speaks to it. */
export class Link {
  readonly machine: LuaMachine;
  readonly memory: number;
  readonly prelude: Prelude;
  readonly budget: LiftBudget;
  readonly handles: Handles;
  readonly chance: Chance;
  readonly of: CodecOf;
  readonly #parts: HostCallParts;
  readonly #calls = new Map<number, HostCall>();
  readonly #lent: number[] = [];
  readonly #classes = new Map<Resource, number>();
  /** How many calls there are besides those that came with a value. */
  readonly #first: number;
  #next = DRAW + 1;
  #barred = 0;
  #colour: ImportedFunction["colour"] = "sync";

  /** @param loading serves calls while the files load: `serveWith` says who does later */
  constructor(parts: LinkParts, options: InstanceOptions, loading: Serve) {
    const { source, machine, prelude, world, sleeps, lift } = parts;
    this.machine = machine;
    this.memory = parts.memory;
    this.chance = new Chance(machine, options.seed);
    this.budget = new LiftBudget(lift);
    this.prelude = prelude;
    this.handles = new Handles({
      machine,
      budget: this.budget,
      instance: options.id,
      exported: exportedResources(world),
      pushClass: (thread, resource) => machine.push(thread, this.#classes.get(resource) as number),
      pushCallback: (thread, callback, lent) => this.#pushCallback(thread, callback, lent),
    });
    const context: CodecContext = { machine, budget: this.budget, handles: this.handles, marks: prelude };
    this.of = codecsOf(context);
    this.#parts = { context, of: this.of, pushErr: (thread, pushValue) => this.#pushErr(thread, pushValue) };
    this.serveWith(loading);
    this.#openSennit(options, sleeps);
    this.#openImports(world.imports, provided(source, world.imports, options));
    this.#first = this.#calls.size;
  }

  /** The host call of a number; a callback that was lent to a call that has ended fails inside the guest. */
  call(id: number): HostCall {
    return this.#calls.get(id) ?? ENDED;
  }

  /**
   * What JavaScript knows of the guest. False when something cannot be told: a callback that it keeps, a handle that somebody
   * has. The functions it was given are the same in every instance whose imports are of the same colours.
   */
  save(to: StateWriter): boolean {
    const calls = [...this.#calls];
    to.u32(calls.length);
    for (const [id, { colour }] of calls) {
      to.u32(id);
      to.u8(colour === "sync" ? 0 : 1);
    }
    to.u32(this.#next);
    for (const [, ref] of this.#classes) to.u32(ref);
    this.chance.save(to);
    return calls.length === this.#first && this.handles.save(to) && this.machine.save(to);
  }

  /** Of an instance that was made in the same way, and whose files have not run. @throws {Fault} `state-invalid` */
  restore(from: StateReader): void {
    const calls = [...this.#calls];
    if (from.u32() !== calls.length) from.refuse("its imports are others");
    for (const [id, { colour }] of calls) {
      if (from.u32() !== id) from.refuse("its imports are others");
      if (from.flag() !== (colour === "async")) from.refuse("other imports of it wait");
    }
    this.#next = from.u32();
    if (this.#next < calls.length) from.refuse("its imports are others");
    for (const [, ref] of this.#classes) if (from.u32() !== ref) from.refuse("it is of another interpreter");
    this.chance.restore(from);
    this.handles.restore(from);
    this.machine.restore(from);
  }

  /** `async` when anything that the guest can call may have to be waited for. */
  get colour(): ImportedFunction["colour"] {
    return this.#colour;
  }

  /** Whether the guest is within a callback of a C function, as far as the prelude knows (P3 of prelude.ts). */
  get barred(): boolean {
    return this.#barred > 0;
  }

  /** The guest is resumed from outside: it is in no callback. */
  unbar(): void {
    this.#barred = 0;
  }

  /** Who serves the calls that are answered at once. */
  serveWith(serve: Serve): void {
    this.machine.serveWith((thread, id) => {
      if (id === BAR) return this.#bar(thread);
      return id === DRAW ? this.chance.draw(thread) : serve(thread, this.call(id));
    });
  }

  #bar(thread: Pointer): number {
    this.#barred += this.machine.api.lua_tonumberx(thread, 1, 0);
    return 0;
  }

  /** No call is running: what was lent to one is over. */
  endLoans(): void {
    this.handles.endLoans();
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
    if (call.colour === "sync") {
      this.machine.pushHostFunction(thread, id);
      return id;
    }
    this.#colour = "async";
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

  #openSennit(options: InstanceOptions, sleeps: boolean): void {
    const { machine, prelude } = this;
    const { main, api } = machine;
    machine.push(main, prelude.sennit);
    if (sleeps) setField(machine, main, "sleep", () => this.#pushCall(main, sleepCall(this.#parts, options.sleep)));
    setField(machine, main, "drop", () => this.#pushCall(main, this.#dropCall(options.imports)));
    setField(machine, main, "null", () => api.lua_pushlightuserdata(main, 0));
    machine.pop(main, 1);
  }

  /** `sennit.drop(handle)`: tells the owner, when it wants to know. */
  #dropCall(imports: ReadonlyMap<string, ImportedFunction>): HostCall {
    const waits = [...imports].some(([key, { colour }]) => key.includes(DROP) && colour === "async");
    return {
      colour: waits ? "async" : "sync",
      read: (thread, count) => {
        if (count !== 1) throw new Misfit("type-mismatch", "sennit.drop takes one handle");
        const { resource, handle } = this.handles.takeForeign(thread);
        return [`${resource.name.interface ?? ""}${DROP}${resource.name.name}`, handle];
      },
      call: ([key, handle]) => imports.get(key as string)?.call([handle as Handle]),
      answer: () => 0,
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
      this.#pushHome(id);
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

  /** The table that holds an interface's module: that of all modules, but for one that is called as ours is. */
  #pushHome(id: string): void {
    const { machine, prelude } = this;
    machine.push(machine.main, id === OWN_MODULE ? prelude.sennit : prelude.modules);
    if (id !== OWN_MODULE) return;
    machine.shim.field(machine.main, machine.key("imports"));
    machine.api.lua_rotate(machine.main, -2, 1);
    machine.pop(machine.main, 1);
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
