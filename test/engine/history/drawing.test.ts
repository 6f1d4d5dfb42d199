import { describe, expect, it } from "vitest";

import fc from "../../fast-check.ts";
import { toDot } from "../../../src/engine/history/dot.ts";
import { layoutOf } from "../../../src/engine/history/layout.ts";
import { toProvJson } from "../../../src/engine/history/prov-json.ts";
import type { ProcessKind, ProcessNode, Provenance } from "../../../src/engine/history/provenance.ts";
import { toSvg } from "../../../src/engine/history/svg.ts";

const KINDS: readonly ProcessKind[] = ["param", "effect", "function", "output", "result"];
const text = fc.string({ unit: "binary", maxLength: 12 });

const graphs: fc.Arbitrary<Provenance> = fc
  .tuple(
    fc.array(fc.record({ kind: fc.constantFrom(...KINDS), name: text, value: text }), { minLength: 1, maxLength: 14 }),
    fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 25 }),
    text,
  )
  .map(([drafts, pairs, run]) => ({
    run: run.toWellFormed(),
    nodes: drafts.map(({ kind, name, value }, at): ProcessNode => ({
      id: at + 1,
      kind,
      name: name.toWellFormed(),
      package: kind === "effect" ? "acme:a" : null,
      place: { file: "a.sennit", line: at + 1, column: 1 },
      step: at,
      begun: 1000,
      ended: 2000,
      value: { text: value.toWellFormed(), data: null },
    })),
    flows: pairs
      .map(([from, to]) => ({ from: (from % drafts.length) + 1, to: (to % drafts.length) + 1 }))
      .filter(({ from, to }) => from !== to),
  }));

describe("a layout", () => {
  it("puts what data flows into below, and nodes of a row beside each other (Y1, Y3)", () => {
    fc.assert(
      fc.property(graphs, ({ nodes, flows }) => {
        const boxes = nodes.map(({ id }) => ({ id, width: 20 + ((id * 37) % 90), height: 20 }));
        const { places, lines, width, height } = layoutOf(boxes, flows);
        for (const { from, to } of flows) if (from < to) expect(places.get(from)!.y).toBeLessThan(places.get(to)!.y);
        for (const a of boxes) {
          const p = places.get(a.id)!;
          expect(p.x - a.width / 2).toBeGreaterThanOrEqual(0);
          expect(p.x + a.width / 2).toBeLessThanOrEqual(width);
          expect(p.y + a.height / 2).toBeLessThanOrEqual(height);
          for (const b of boxes) {
            const q = places.get(b.id)!;
            if (a.id < b.id && p.y === q.y) expect(Math.abs(p.x - q.x)).toBeGreaterThanOrEqual((a.width + b.width) / 2);
          }
        }
        flows.forEach(({ from, to }, at) => {
          expect(lines[at]?.[0]).toEqual(places.get(from));
          expect(lines[at]?.at(-1)).toEqual(places.get(to));
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe("drawings", () => {
  it("hold whatever names and values there are, and nothing that runs or is fetched", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const svg = toSvg(graph);
        // What is not markup of ours is escaped, and is a character of XML.
        const tags = svg.replace(/<\/?(svg|defs|marker|path|rect|text|title|g)(\s[^<>]*)?\/?>/g, "");
        expect(tags).not.toMatch(/[<>]/);
        expect(tags).not.toMatch(/&(?!amp;|lt;|gt;|quot;)/);
        expect(svg).not.toMatch(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
        expect(svg).not.toMatch(/<script|href=|url\((?!#end)/);
        const dot = toDot(graph);
        const strings = dot.match(/"(?:[^"\\]|\\.)*"/gs) ?? [];
        expect(dot.replace(/"(?:[^"\\]|\\.)*"/gs, "")).not.toContain('"');
        expect(strings.length).toBe(graph.nodes.length + 4);
      }),
      { numRuns: 300 },
    );
  });

  it("as PROV-JSON names only what it declares", () => {
    fc.assert(
      fc.property(graphs, (graph) => {
        const document = JSON.parse(toProvJson(graph)) as Record<string, Record<string, Record<string, unknown>>>;
        const names = (part: string): ReadonlySet<unknown> => new Set(Object.keys(document[part] ?? {}));
        const kinds: Readonly<Record<string, ReadonlySet<unknown>>> = {
          "prov:entity": names("entity"),
          "prov:generatedEntity": names("entity"),
          "prov:usedEntity": names("entity"),
          "prov:activity": names("activity"),
          "prov:agent": names("agent"),
        };
        for (const part of ["used", "wasGeneratedBy", "wasDerivedFrom", "wasAssociatedWith"]) {
          for (const [name, relation] of Object.entries(document[part] ?? {})) {
            expect(name).toMatch(/^_:/);
            for (const [key, of] of Object.entries(relation)) {
              if (key !== "prov:time") expect(kinds[key]).toContain(of);
            }
          }
        }
        expect(Object.keys(document["wasDerivedFrom"] ?? {})).toHaveLength(graph.flows.length);
        expect(names("entity").size).toBe(graph.nodes.length);
        const prefixes = Object.keys(document["prefix"] ?? {});
        for (const part of ["entity", "activity", "agent"]) {
          for (const name of names(part)) expect([...prefixes]).toContain(String(name).split(":")[0]);
        }
      }),
      { numRuns: 200 },
    );
  });
});
