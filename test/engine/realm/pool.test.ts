/** Trust domains and their realms (D1–D5 of pool.node.ts). */
import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { type Disposed, domainOf, type Lease, RealmPool } from "../../../src/engine/realm/pool.node.ts";

/** What a realm would be, with the marks that the domains left in it. */
class Marked implements Disposed {
  alive = true;
  disposed = 0;
  readonly marks = new Set<string>();
  dispose = (): Promise<void> => {
    this.alive = false;
    this.disposed += 1;
    return Promise.resolve();
  };
}

interface World {
  readonly pool: RealmPool<Marked, Marked>;
  readonly made: Marked[];
  readonly lease: (domain: string) => Promise<Lease<Marked>>;
}

function world(options: { most?: number; idle?: number; warm?: number } = {}): World {
  const made: Marked[] = [];
  const blank = (): Marked => {
    const realm = new Marked();
    made.push(realm);
    return realm;
  };
  const pool = new RealmPool<Marked, Marked>({ idle: 60_000, ...options, blank });
  const lease = (domain: string): Promise<Lease<Marked>> =>
    pool.leaseRealm(domain, (given) => {
      if (given === undefined) throw new Error("a pool that starts blank realms gave none");
      given.marks.add(domain);
      return Promise.resolve(given);
    });
  return { pool, made, lease };
}

describe("domainOf", () => {
  const parts = fc.record({
    principal: fc.string(),
    grants: fc.array(fc.string(), { maxLength: 3 }),
    packages: fc.array(fc.string(), { maxLength: 3 }),
  });
  const canonical = (each: { principal: string; grants: readonly string[]; packages: readonly string[] }): unknown => [
    each.principal,
    new Set(each.grants.toSorted()),
    new Set(each.packages.toSorted()),
  ];

  it("is the same for the same parts in any order, and another for any others", () => {
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const shuffled = { ...one, grants: one.grants.toReversed(), packages: [...one.packages, ...one.packages] };
        expect(domainOf(shuffled)).toBe(domainOf(one));
        const same = JSON.stringify(listed(canonical(one))) === JSON.stringify(listed(canonical(other)));
        expect(domainOf(one) === domainOf(other)).toBe(same);
      }),
    );
  });

  it("does not take one kind of part for another", () => {
    const names = [
      domainOf({ principal: "a", grants: ["b"], packages: [] }),
      domainOf({ principal: "a", grants: [], packages: ["b"] }),
      domainOf({ principal: "", grants: ["a", "b"], packages: [] }),
      domainOf({ principal: "", grants: ["a,b"], packages: [] }),
      domainOf({ principal: 'a",["b"]', grants: [], packages: [] }),
    ];
    expect(new Set(names).size).toBe(names.length);
  });
});

function listed(parts: unknown): unknown {
  return (parts as unknown[]).map((each) => (each instanceof Set ? [...each] : each));
}

describe("leaseRealm", () => {
  it("gives runs of a domain an unused realm, then a new one, then the one with the fewest runs (D2)", async () => {
    const { pool, lease } = world({ most: 2 });
    await using _ = pool;
    const [a, b] = [await lease("d"), await lease("d")];
    expect(a.realm).not.toBe(b.realm);
    const c = await lease("d");
    const d = await lease("d");
    expect(new Set([c.realm, d.realm])).toEqual(new Set([a.realm, b.realm]));
    b.release();
    (c.realm === b.realm ? c : d).release();
    const e = await lease("d");
    expect(e.realm).toBe(b.realm);
    expect(pool.count("d")).toBe(2);
  });

  it("never gives a realm to a second domain, unused or not (D1)", async () => {
    const { pool, lease } = world();
    await using _ = pool;
    const one = await lease("a");
    one.release();
    const other = await lease("b");
    expect(other.realm).not.toBe(one.realm);
    expect([...one.realm.marks, ...other.realm.marks]).toEqual(["a", "b"]);
  });

  it("ends what nobody uses, and not what somebody does (D3)", async () => {
    const { pool, lease } = world({ idle: 1 });
    await using _ = pool;
    const [used, unused] = [await lease("a"), await lease("b")];
    unused.release();
    unused.release();
    await expect.poll(() => unused.realm.disposed).toBe(1);
    expect([pool.count("a"), pool.count("b"), used.realm.alive]).toEqual([1, 0, true]);
  });

  it("does not give out what has died (D3)", async () => {
    const { pool, lease } = world({ most: 1 });
    await using _ = pool;
    const one = await lease("a");
    one.realm.alive = false;
    const other = await lease("a");
    expect(other.realm).not.toBe(one.realm);
    expect(pool.count()).toBe(1);
    one.release();
    expect(pool.count()).toBe(1);
  });

  it("tells each run that waited for it of a failed start, and goes on", async () => {
    const { pool, made, lease } = world({ most: 1 });
    await using _ = pool;
    const failing = (): Promise<Lease<Marked>> => pool.leaseRealm("a", () => Promise.reject(new Error("no")));
    const both = await Promise.allSettled([failing(), failing()]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    expect([pool.count(), made.map(({ disposed }) => disposed)]).toEqual([0, [1]]);
    expect((await lease("a")).realm.alive).toBe(true);
  });

  it("starts blank realms ahead, and replaces them (D4)", async () => {
    const { pool, made, lease } = world({ warm: 2 });
    await using _ = pool;
    expect(made.length).toBe(2);
    const [first, second] = made;
    second!.alive = false;
    expect((await lease("a")).realm).toBe(first);
    expect(made.length).toBe(3);
    expect((await lease("b")).realm).toBe(made[2]); // the dead one is passed over
    expect(second!.disposed).toBe(1);
  });

  it("has as many blank realms as it is told to, and ends those beyond (D4)", async () => {
    const { pool, made, lease } = world();
    await using _ = pool;
    expect(pool.blanks).toBe(0);
    await pool.keep(2);
    const taken = (await lease("a")).realm;
    expect([pool.blanks, made.length]).toEqual([2, 3]);
    await pool.keep(0);
    expect(pool.blanks).toBe(0);
    expect(made.map(({ alive }) => alive)).toEqual(made.map((each) => each === taken));
  });

  it("is refused after dispose, which waits for what was starting (D5)", async () => {
    const { pool, made, lease } = world({ warm: 1 });
    const gate = Promise.withResolvers<void>();
    const starting = pool.leaseRealm("a", async (blank) => {
      await gate.promise;
      return blank!;
    });
    const refused = expect(starting).rejects.toMatchObject({ code: "plugin-lost" });
    const disposed = pool[Symbol.asyncDispose]();
    gate.resolve();
    await disposed;
    await refused;
    expect(made.map(({ disposed: times }) => times)).toEqual([1, 1]);
    await expect(lease("a")).rejects.toMatchObject({ code: "plugin-lost" });
  });
});

type Step =
  | { readonly kind: "lease"; readonly domain: string }
  | { readonly kind: "release" | "kill"; readonly which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("lease" as const), domain: fc.constantFrom("a", "b", "c") }),
  fc.record({ kind: fc.constantFrom("release" as const, "kill" as const), which: fc.nat() }),
);

it("whatever is leased, released and killed: no realm has two domains, limits hold, all are gone at the end", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 2 }),
      fc.boolean(),
      async (steps, most, warm, slowly) => {
        const { pool, made, lease } = world({ most, warm });
        const leases: { readonly domain: string; readonly lease: Promise<Lease<Marked>> }[] = [];
        for (const each of steps) {
          if (each.kind === "lease") leases.push({ domain: each.domain, lease: lease(each.domain) });
          const chosen = each.kind === "lease" ? undefined : leases[each.which % leases.length];
          if (each.kind === "kill" && chosen !== undefined) (await chosen.lease).realm.alive = false;
          if (each.kind === "release") void chosen?.lease.then(({ release }) => release());
          if (slowly) await Promise.all(leases.map((one) => one.lease));
          for (const domain of ["a", "b", "c"]) expect(pool.count(domain)).toBeLessThanOrEqual(most);
        }
        const given = await Promise.all(leases.map(async (one) => [one.domain, (await one.lease).realm] as const));
        for (const [domain, realm] of given) expect([...realm.marks]).toEqual([domain]);
        await pool[Symbol.asyncDispose]();
        expect(made.filter(({ alive, disposed }) => alive || disposed !== 1)).toEqual([]);
        expect(pool.count()).toBe(0);
      },
    ),
  );
});
