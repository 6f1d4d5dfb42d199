/** Handle tables, and handles as they cross (T1–T5, N1). */
import { describe, expect, it } from "vitest";
import type { CoreFunction, CoreValue } from "../../../../src/host/component/abi/abi.ts";
import { resourceDrop, resourceNew, resourceRep } from "../../../../src/host/component/abi/builtins.ts";
import type { AbiGuest } from "../../../../src/host/component/abi/guest.ts";
import { HandleTable } from "../../../../src/host/component/abi/handles.ts";
import { compileExport } from "../../../../src/host/component/abi/lift.ts";
import { compileImport } from "../../../../src/host/component/abi/lower.ts";
import { AbiTrap } from "../../../../src/host/component/abi/trap.ts";
import { Fault } from "../../../../src/fault.ts";
import type { WitType } from "../../../../src/wit/types.ts";
import { Callback, Handle, Opaque, type Value } from "../../../../src/wit/value.ts";
import { FakeGuest, functionOf, resourceNamed } from "./guest-memory.ts";

const COUNTER = resourceNamed("counter");
const OTHER = resourceNamed("other");
const FILE = resourceNamed("file");
const own = (resource = COUNTER): WitType => ({ kind: "own", resource });
const borrow = (resource = COUNTER): WitType => ({ kind: "borrow", resource });

/** A guest that implements `counter` and `other`, and uses `file` of the host. */
class World {
  readonly guest: FakeGuest = new FakeGuest();
  readonly destroyed: number[] = [];
  readonly dropped: Value[] = [];

  constructor() {
    const { handles } = this.guest.abi;
    handles.defineGuest(COUNTER, (rep) => this.destroyed.push(rep));
    handles.defineGuest(OTHER, null);
    handles.defineHost(FILE, (value) => this.dropped.push(value));
  }

  get abi(): AbiGuest {
    return this.guest.abi;
  }

  export(params: readonly WitType[], result: WitType | null, core: CoreFunction): (...args: Value[]) => Value {
    const bound = compileExport(functionOf(params, result)).bind(this.abi, core, this.guest.options);
    return (...args) => bound(args);
  }

  import(params: readonly WitType[], result: WitType | null, call: (args: readonly Value[]) => Value): CoreFunction {
    return compileImport(functionOf(params, result)).bind(this.abi, call, this.guest.options);
  }

  /** A counter of the guest, in the host's hands. */
  make(rep: number): Handle {
    const create = resourceNew(this.abi, COUNTER);
    return this.export([], own(), () => create(rep))() as Handle;
  }
}

describe("the guest's handles", () => {
  it("never have index 0, and a freed index is used again, latest first (T1)", () => {
    const { abi } = new World();
    const [create, drop] = [resourceNew(abi, OTHER), resourceDrop(abi, OTHER)];

    expect([create(10), create(11), create(12)]).toEqual([1, 2, 3]);
    drop(1);
    drop(3);
    expect([create(13), create(14), create(15)]).toEqual([3, 1, 4]);
    expect(abi.handles.held).toBe(4);
  });

  it("have an end (T1)", () => {
    const { abi } = new World();
    const create = resourceNew(abi, OTHER);
    for (let count = 0; count < 2 ** 20; count++) create(count);

    expect(() => create(0)).toThrow("the guest has more than 1048576 handles");
    resourceDrop(abi, OTHER)(5);
    expect(create(0)).toBe(5);
  });

  it.each([0, 2, 99, -1, 2 ** 31])("trap when forged: %s", (index) => {
    const { abi } = new World();
    resourceNew(abi, OTHER)(10);

    expect(() => resourceRep(abi, OTHER)(index)).toThrow(AbiTrap);
    expect(() => resourceDrop(abi, OTHER)(index)).toThrow(`${index >>> 0} is no handle`);
  });

  it("trap when they are of another resource, or gone (T2)", () => {
    const { abi } = new World();
    resourceNew(abi, OTHER)(10);

    expect(() => resourceRep(abi, COUNTER)(1)).toThrow("handle 1 is of `other`, not of `counter`");
    resourceDrop(abi, OTHER)(1);
    expect(() => resourceDrop(abi, OTHER)(1)).toThrow("1 is no handle");
  });

  it("give back what the guest called the object, as it was (T5)", () => {
    const { abi } = new World();
    const [create, rep] = [resourceNew(abi, COUNTER), resourceRep(abi, COUNTER)];

    for (const each of [0, 1, -1, 2 ** 31 - 1]) expect(rep(create(each) as number)).toBe(each);
  });

  it("run the destructor when an owned one is dropped, once", () => {
    const world = new World();
    resourceNew(world.abi, COUNTER)(10);
    resourceDrop(world.abi, COUNTER)(1);

    expect(world.destroyed).toEqual([10]);
    expect(() => resourceDrop(world.abi, COUNTER)(1)).toThrow(AbiTrap);
    expect(world.destroyed).toEqual([10]);
  });

  it("wait for a destructor only where the guest can", async () => {
    const { abi } = new World();
    let done = false;
    abi.handles.defineGuest(COUNTER, () => Promise.resolve().then(() => (done = true)));
    const create = resourceNew(abi, COUNTER);

    expect(resourceDrop(abi, COUNTER)(create(1) as CoreValue)).toBeUndefined();
    done = false;
    const waited: unknown = resourceDrop(abi, COUNTER, undefined, true)(create(2) as CoreValue);
    await waited;
    expect(done).toBe(true);
  });
});

describe("objects of the guest in the host's hands", () => {
  it("are one handle each, whose id is never used again (T4)", () => {
    const world = new World();
    const ids = [1, 2, 3].map((rep) => world.make(rep).id);
    void world.abi.handles.drop(ids[2] ?? 0);
    ids.push(world.make(4).id);

    expect(new Set(ids).size).toBe(4);
    expect(world.make(5).instance).toBe(7);
    expect(world.abi.handles.held).toBe(0);
  });

  it("come back borrowed as what the guest called them, and stay (T5)", () => {
    const world = new World();
    const counter = world.make(42);
    const seen: unknown[] = [];
    const call = world.export([borrow()], null, (rep) => void seen.push(rep));

    call(counter);
    call(counter);
    expect(seen).toEqual([42, 42]);
    expect(world.abi.handles.held).toBe(0);
  });

  it("are moved when they come back owned: into the guest's table, and out of the host's (T4)", () => {
    const world = new World();
    const counter = world.make(42);
    const seen: unknown[] = [];
    const call = world.export([own()], null, (index) => void seen.push(index));

    call(counter);
    expect(seen).toEqual([1]);
    expect(resourceRep(world.abi, COUNTER)(1)).toBe(42);
    expect(() => call(counter)).toThrow(expect.objectContaining({ code: "moved" }));
    expect(() => world.export([borrow()], null, () => undefined)(counter)).toThrow(/was passed away/);
  });

  it("are destroyed when the host drops them, once, and not with the instance", async () => {
    const world = new World();
    const [first, second] = [world.make(1), world.make(2)];

    await world.abi.handles.drop(first.id);
    await world.abi.handles.drop(first.id);
    expect(world.destroyed).toEqual([1]);
    expect(world.abi.handles.size).toBe(1);
    world.abi.handles.close();
    await world.abi.handles.drop(second.id);
    expect(world.destroyed).toEqual([1]);
  });

  it("are refused when they are another instance's, another resource's or no handle", () => {
    const world = new World();
    const call = world.export([borrow(OTHER)], null, () => undefined);

    for (const wrong of [world.make(1), new Handle(8, 1), new Callback(() => Promise.reject(new Error("unused")))]) {
      expect(() => call(wrong)).toThrow(expect.objectContaining({ code: "type-mismatch" }));
    }
  });

  it("that an import borrows live as long as its call", () => {
    const world = new World();
    const index = resourceNew(world.abi, COUNTER)(5) as number;
    const lent: Handle[] = [];
    const call = world.import([borrow()], null, ([handle]) => {
      lent.push(handle as Handle);
      expect(world.abi.handles.size).toBe(1);
      return null;
    });

    call(index);
    expect(world.abi.handles.size).toBe(0);
    expect(resourceRep(world.abi, COUNTER)(index)).toBe(5);
    expect(() => world.export([borrow()], null, () => undefined)(lent[0] as Handle)).toThrow(/was passed away/);
  });
});

describe("objects of the host in the guest's hands", () => {
  class Stream extends Opaque {
    override readonly opaque = "stream";
  }

  it("are an index to the guest, and the same value when they come back", () => {
    const world = new World();
    for (const value of [new Handle(3, 9), new Stream()]) {
      const back = world.export([own(FILE)], own(FILE), (index) => index)(value);
      expect(back).toBe(value);
    }
    expect(world.abi.handles.held).toBe(0);
    expect(world.dropped).toEqual([]);
  });

  it("tell the host when the guest drops what it owns, and not what it borrowed", () => {
    const world = new World();
    const drop = resourceDrop(world.abi, FILE);
    const value = new Stream();

    world.export([borrow(FILE)], null, drop)(value);
    expect(world.dropped).toEqual([]);
    world.export([own(FILE)], null, drop)(value);
    expect(world.dropped).toEqual([value]);
  });

  it("trap when the guest keeps what it borrowed, before post-return (T3)", () => {
    const world = new World();
    const fn = functionOf([borrow(FILE)], null);
    const call = compileExport(fn).bind(world.abi, () => undefined, world.guest.withPostReturn());

    expect(() => call([new Stream()])).toThrow("the guest kept 1 borrowed handle(s)");
    expect(world.guest.postReturns).toEqual([]);
  });

  it("trap when a borrowed one is given away", () => {
    const world = new World();

    expect(() => world.export([borrow(FILE)], own(FILE), (index) => index)(new Stream())).toThrow(
      "handle 1 is borrowed, and given away as if it were owned",
    );
  });

  it("are refused when they are nothing that can be one", () => {
    expect(() => new World().export([own(FILE)], null, () => undefined)("file")).toThrow(
      expect.objectContaining({ code: "type-mismatch" }),
    );
  });

  it("can be borrowed twice and dropped in any order", () => {
    const world = new World();
    const drop = resourceDrop(world.abi, FILE);
    const value = new Stream();
    const call = world.export([borrow(FILE), borrow(FILE)], null, (a, b) => {
      expect([a, b]).toEqual([1, 2]);
      drop(a as CoreValue);
      drop(b as CoreValue);
      return undefined;
    });

    expect(call(value, value)).toBeNull();
    expect(world.abi.handles.held).toBe(0);
  });
});

describe("a handle that is lent to an import", () => {
  it("can be neither dropped nor given away meanwhile, and both afterwards (T2)", () => {
    const world = new World();
    const index = resourceNew(world.abi, COUNTER)(5) as number;
    const drop = resourceDrop(world.abi, COUNTER);
    const call = world.import([borrow()], null, () => {
      expect(() => drop(index)).toThrow("handle 1 is given away while it is lent");
      return null;
    });

    call(index);
    drop(index);
    expect(world.destroyed).toEqual([5]);
  });

  it("cannot be given away by the same call (T2)", () => {
    const world = new World();
    const index = resourceNew(world.abi, COUNTER)(5) as number;
    const call = world.import([borrow(), own()], null, () => null);

    expect(() => call(index, index)).toThrow("handle 1 is given away while it is lent");
  });

  it("traps when it is of another resource", () => {
    const world = new World();
    const index = resourceNew(world.abi, OTHER)(5) as number;

    expect(() => world.import([borrow()], null, () => null)(index)).toThrow("handle 1 is of `other`, not of `counter`");
    expect(() => world.import([own()], null, () => null)(index)).toThrow("handle 1 is of `other`, not of `counter`");
    expect(() => world.import([own()], null, () => null)(77)).toThrow("77 is no handle");
  });
});

describe("admit (N1)", () => {
  const admit = (world: World, params: readonly WitType[], ...args: Value[]): void =>
    compileExport(functionOf(params, null)).admit?.(world.abi, args);

  it("is there only for functions that take handles", () => {
    expect(compileExport(functionOf([{ kind: "string" }], own())).admit).toBeNull();
    expect(compileExport(functionOf([{ kind: "list", element: own() }], null)).admit).not.toBeNull();
  });

  it("refuses one handle that is given away twice, or given away and borrowed", () => {
    const world = new World();
    const counter = world.make(1);
    const moved = expect.objectContaining({ code: "moved" });

    admit(world, [borrow(), borrow()], counter, counter);
    admit(world, [{ kind: "option", some: own() }], null);
    expect(() => admit(world, [own(), borrow()], counter, counter)).toThrow(moved);
    expect(() => admit(world, [borrow(), own()], counter, counter)).toThrow(moved);
    expect(() => admit(world, [{ kind: "list", element: own() }], [counter, counter])).toThrow(moved);
  });

  it("changes nothing: the handle is good afterwards", () => {
    const world = new World();
    const counter = world.make(1);
    expect(() => admit(world, [own(), borrow(OTHER)], counter, counter)).toThrow(Fault);

    admit(world, [{ kind: "tuple", items: [own()] }], [counter]);
    expect(world.export([own()], null, () => undefined)(counter)).toBeNull();
  });
});

it("a table forgets everything when it is closed", () => {
  const handles = new HandleTable(1);
  const kind = handles.kindOf(COUNTER);
  handles.add(kind, 1, null);
  handles.lend(kind, 2);
  handles.close();

  expect([handles.size, handles.held]).toEqual([0, 0]);
});
