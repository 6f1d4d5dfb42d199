/**
 * The same components and calls in real Wasmtime: same answers, same calls of imports, a trap where we have a fault. Skipped,
 * with a line that says so, where this machine has no Wasmtime.
 */
import { readFile } from "node:fs/promises";

import { describe, expect, it } from "vitest";

import fc from "../../fast-check.ts";
import { Fault } from "../../../src/fault.ts";
import type { Plugin } from "../../../src/host/plugin.ts";
import { functionsOf, type WitType, type World } from "../../../src/wit/types.ts";
import { Handle, type Value } from "../../../src/wit/value.ts";
import { FILLING, identityComponent } from "../../host/component-identity.ts";
import { arbitraryType, arbitraryValue } from "../../wit/arbitrary.ts";
import { compare, type Agreement } from "./agreement.ts";
import { WHOLE_CALLS } from "./calls-table.ts";
import { COMPOSED, Trap } from "./composed-table.ts";
import { assemble, open, play, type Event, type Session } from "./harness.ts";
import { flatten } from "./layout.ts";
import { LINKING } from "./linking-table.ts";
import { BORROWS, HANDLES } from "./hostile-handles.ts";
import { LEAVING } from "./hostile-leaving.ts";
import { POST_RETURNS, REALLOCS } from "./hostile-memory.ts";
import { HOSTILE_VALUES } from "./hostile-values.ts";
import { ALL_VECTORS, judgedSessionsOf, sessionsOf } from "./tables.ts";
import { resultSession, sizeOf, vectorComponent, type Lift } from "./vectors.ts";
import { playThere, pythonWithWasmtime, SKIPPED, type Done, type There, type Work } from "./wasmtime.ts";

const python = pythonWithWasmtime();
if (python === undefined) console.log(SKIPPED);

interface Job {
  readonly name: string;
  readonly component: string | Uint8Array;
  readonly sessions: (world: World) => readonly Session[];
}

function job(name: string, component: string | Uint8Array, sessions: readonly Session[]): Job {
  return { name, component, sessions: () => sessions };
}

const SUITES: Readonly<Record<string, () => Promise<readonly Job[]>>> = {
  "the tables of vectors": async () =>
    ALL_VECTORS.map((each) => job(each.name, vectorComponent(each.vectors), sessionsOf(each.vectors))),
  "whole calls": async () => [...WHOLE_CALLS, ...LINKING].map((each) => job(each.name, each.component, [each.session])),
  "hostile guests": async () =>
    [...HOSTILE_VALUES, ...LEAVING, ...REALLOCS, ...POST_RETURNS, ...HANDLES, ...BORROWS].map((each) =>
      job(each.name, each.component, [each.session]),
    ),
  "the conformance component": async () => {
    const file = new URL("../../../plugins/samples/conformance-rust/conformance.wasm", import.meta.url);
    return [{ name: "conformance-rust", component: await readFile(file), sessions: conformanceSessions }];
  },
  // The random worlds of ../worlds have maps and fixed-length lists in each of them, which the Python binding lacks.
  "random types, echoed through an import": async () => {
    const jobs = [5, 6].map(async (seed): Promise<Job> => {
      const types = fc.sample(arbitraryType({ depth: 4, recent: false }), { numRuns: 30, seed });
      const component = await identityComponent(types, true);
      return { name: `identity ${seed}`, component, sessions: () => types.map(mirrored) };
    });
    return Promise.all(jobs);
  },
  "random bytes, taken for values of random types": async () =>
    [1, 2, 3].map((seed) => {
      const lifts = fc.sample(arbitraryBytes, { numRuns: 20, seed });
      const vectors = { encoding: "utf8", lifts, lowers: [] } as const;
      return job(
        `bytes ${seed}`,
        vectorComponent(vectors),
        lifts.map((_, at) => resultSession(at)),
      );
    }),
};

describe.skipIf(python === undefined)("as in Wasmtime", () => {
  it.each(Object.entries(SUITES))("%s", { timeout: 120_000 }, async (name, suite) => {
    const jobs = await suite();
    const plugins = await Promise.all(jobs.map((each) => open(each.component, "direct")));
    const work = await Promise.all(plugins.map((plugin, at) => workOf(plugin, jobs[at] as Job)));

    const { version, components } = playThere(python ?? "", work);

    const refused: string[] = [];
    const different: string[] = [];
    let agreed = 0;
    let traps = 0;
    for (const [at, plugin] of plugins.entries()) {
      const found = await compared(plugin, work[at] as Work, components[at] as Done);
      const named = (lines: readonly string[]): string[] => lines.map((each) => `${jobs[at]?.name}: ${each}`);
      agreed += found.agreed;
      traps += found.traps;
      different.push(...named(found.different));
      refused.push(...named(found.refused));
      await plugin[Symbol.asyncDispose]();
    }
    console.log(`Wasmtime ${version}, ${name}: ${agreed} events agree, ${traps} of them traps`, ...refused);
    expect(different).toEqual([]);
    expect(agreed).toBeGreaterThan(0);
    for (const each of refused) expect(each).toMatch(/fixed-length lists|Fixed-length/);
  });

  it("strings that lie elsewhere there", { timeout: 120_000 }, async () => {
    const tables = ALL_VECTORS.filter((each) => judgedSessionsOf(each.vectors).length > 0);
    const judged = tables.map((each) => judgedSessionsOf(each.vectors));
    const work = await Promise.all(
      tables.map(async ({ vectors }, at): Promise<Work> => {
        const text = vectorComponent(vectors);
        await using plugin = await open(text, "direct");
        return {
          world: plugin.world,
          bytes: await assemble(text),
          sessions: (judged[at] ?? []).map((each) => each.session),
        };
      }),
    );

    const { components } = playThere(python ?? "", work);

    const wrong = components.flatMap((done, at) =>
      "refused" in done
        ? []
        : done.sessions.flatMap((events, which) => judged[at]?.[which]?.judge(events.map(asEvent)) ?? []),
    );
    expect(wrong).toEqual([]);
  });

  it("composed components: Wasmtime does what the tables say", { timeout: 120_000 }, async () => {
    const work = await Promise.all(
      COMPOSED.map(async ({ text, calls }): Promise<Work> => {
        await using plugin = await open(text, "jco");
        return {
          world: plugin.world,
          bytes: await assemble(text),
          sessions: [{ calls: calls.map(([key]) => ({ key })) }],
        };
      }),
    );

    const { components } = playThere(python ?? "", work);

    const got = components.map((done) =>
      "refused" in done
        ? done.refused
        : (done.sessions[0] ?? []).map((each) => ("value" in each ? each.value : "trap")),
    );
    const wanted = COMPOSED.map(({ calls, deviates }) =>
      deviates?.there === true ? [deviates.last] : calls.map(([, gives]) => (gives instanceof Trap ? "trap" : gives)),
    );
    expect(got).toEqual(wanted);
  });
});

async function workOf(plugin: Plugin, { component, sessions }: Job): Promise<Work> {
  const bytes = typeof component === "string" ? await assemble(component) : component;
  return { world: plugin.world, bytes, sessions: sessions(plugin.world) };
}

interface Compared {
  readonly agreed: number;
  readonly traps: number;
  readonly different: readonly string[];
  /** What Wasmtime or its binding does not take. */
  readonly refused: readonly string[];
}

/** Plays here what was played there. */
async function compared(plugin: Plugin, { sessions }: Work, done: Done): Promise<Compared> {
  if ("refused" in done) return { agreed: 0, traps: 0, different: [], refused: [done.refused.replaceAll(/\s+/g, " ")] };
  const all: Agreement[] = [];
  for (const [which, there] of done.sessions.entries()) {
    all.push(compare(plugin.world, await play(plugin, sessions[which] ?? { calls: [] }), there));
  }
  return {
    agreed: all.reduce((sum, each) => sum + each.agreed, 0),
    traps: all.reduce((sum, each) => sum + each.traps, 0),
    different: all.flatMap((each) => each.different),
    refused: all.flatMap((each) => each.inexpressible ?? []),
  };
}

function asEvent(there: There): Event {
  if ("trap" in there) return { call: there.call, fault: new Fault("plugin-trapped", there.trap) };
  if ("inexpressible" in there) return { call: there.call, fault: new Fault("inexpressible", there.inexpressible) };
  return there;
}

/** Small bytes are more often lengths, addresses and cases that are right. */
const someBytes = fc.array(fc.oneof({ arbitrary: fc.constantFrom(0, 0, 0, 1, 2, 3, 4, 8), weight: 6 }, fc.nat(255)), {
  minLength: 300,
  maxLength: 300,
});

const arbitraryBytes: fc.Arbitrary<Lift> = fc
  .tuple(arbitraryType({ depth: 3, recent: false }), someBytes, someBytes)
  .filter(([type]) => flatten(type).length > 1 && sizeOf(type) <= 300)
  .map(([type, memory, stored]) => ({ name: "bytes", type, memory, stored, expect: null }));

/** Generated values of a type, which the import of the same name gives back. */
function mirrored(type: WitType, at: number): Session {
  const values = fc.sample(arbitraryValue(type), { numRuns: 8, seed: 3 }).map((each): Value => [each, FILLING]);
  return {
    calls: values.map((each) => ({ key: `test:identity/api#f${at}`, args: [each] })),
    answers: { [`test:identity/mirror#f${at}`]: values },
  };
}

/** Generated values for every function that needs no handle, and one session with handles. */
function conformanceSessions(world: World): readonly Session[] {
  const plain = [...functionsOf(world.exports)].filter(
    ([, fn]) => fn.resource === null && !/^(peek|make-many|drain)$/.test(fn.name),
  );
  const generated = plain.map(([key, fn]) => ({
    calls: fc
      .sample(fc.tuple(...fn.params.map((each) => arbitraryValue(each.type))), { numRuns: 12, seed: 11 })
      .map((args) => ({ key, args })),
  }));
  const named = (name: string): string =>
    [...functionsOf(world.exports)].find(([, fn]) => fn.name === name)?.[0] ?? name;
  const [first, second, third] = [new Handle(0, 0), new Handle(0, 1), new Handle(0, 2)];
  const resources: Session = {
    calls: [
      { key: named("[constructor]accumulator"), args: [40] },
      { key: named("[method]accumulator.add"), args: [first, 2] },
      { key: named("[method]accumulator.value"), args: [first] },
      { key: named("[constructor]accumulator"), args: [-2] },
      { key: named("[static]accumulator.merge"), args: [first, second] },
      { key: named("peek"), args: [third] },
      { key: named("make-many"), args: [[1, 2, 3]] },
      { key: named("drain"), args: [[new Handle(0, 3), new Handle(0, 4), new Handle(0, 5)]] },
    ],
  };
  return [...generated, resources];
}
