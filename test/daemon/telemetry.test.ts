/** Spans of the durable prefix, at a receiver that takes them, is busy, is gone, or is slow. */
import { createServer } from "node:http";
import type { Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { Exporter } from "../../src/daemon/telemetry/exporter.ts";
import { destinationOf } from "../../src/daemon/telemetry/otlp.ts";
import type { Span } from "../../src/daemon/telemetry/spans.ts";
import { Telemetry } from "../../src/daemon/telemetry/telemetry.ts";
import { naming, telemetryFor } from "../../src/daemon/telemetry/telemetry.node.ts";
import { ValueBytes } from "../../src/engine/durable/value-bytes.ts";
import { encodeEntry } from "../../src/journal/entry/entry-codec.ts";
import type { Entry } from "../../src/journal/entry/entry.ts";
import { MemoryStore } from "../../src/journal/memory-store.ts";
import { ErrorValue } from "../../src/lang/value.ts";
import { newRun, sha256 } from "../journal/stores.ts";
import { FakeExecutor } from "./fake-executor.ts";

const SECRET = "hunter2";
const bytes = new TextEncoder().encode(SECRET);
const eff = (n: number): string => String(n).padStart(32, "0");
const start: Entry = {
  kind: "START",
  ir: "ab".repeat(32),
  program: bytes,
  packages: ["acme:a", "cd".repeat(32)],
  function: 0,
  args: bytes,
  seed: new Uint8Array(32),
  created: 1000,
  parent: [],
  grants: [],
};
const done = (n: number, outcome: "ok" | "error" = "ok", value: Uint8Array = bytes): Entry => {
  return { kind: "DONE", eff: eff(n), attempt: 1, outcome, value };
};
const req = (n: number): Entry => {
  return { kind: "REQ", eff: eff(n), attempt: 1, class: "once", what: "shell", input: bytes };
};
const call: Entry = {
  kind: "CALL",
  eff: eff(2),
  attempt: 1,
  group: 0,
  gen: 1,
  seq: 1,
  package: 0,
  function: "acme:a/api#go",
  args: bytes,
};
const failure = new ValueBytes(null).encode(new ErrorValue({ code: "no-luck", message: SECRET }));
const end: Entry = { kind: "END", ending: "failed", value: failure };

/** A receiver in memory, and a store whose commits the test holds. */
class Scene implements AsyncDisposable {
  readonly spans: Span[] = [];
  readonly failures: unknown[] = [];
  readonly store: MemoryStore;
  readonly #telemetry: Telemetry;

  constructor(store: MemoryStore) {
    this.store = store;
    const exporter = new Exporter({
      post: async (body) => {
        this.spans.push(...(body as readonly Span[]));
        return { status: 200 };
      },
      body: (spans) => spans,
      elapsed: () => Promise.resolve(),
      note: () => {},
      closed: new AbortController().signal,
    });
    this.#telemetry = new Telemetry(store, exporter, naming, (why) => this.failures.push(why));
  }

  settled(): Promise<void> {
    return this.#telemetry.settled();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#telemetry[Symbol.asyncDispose]();
  }
}

async function storeWith(...entries: readonly Entry[]): Promise<MemoryStore> {
  const store = new MemoryStore({ hash: sha256, now: () => 5000 });
  await store.create(newRun("a", { name: "/shop/order.sennit", entries: entries.map(encodeEntry) }));
  await store.close("a");
  return store;
}

describe("telemetry", () => {
  it("tells runs, effects and calls, by names, times and codes, and no value (N1)", async () => {
    await using scene = new Scene(await storeWith(start, req(1), call, done(2, "error", failure), done(1), end));
    await scene.settled();

    expect(scene.spans.map(({ name, kind, status }) => [name, kind, status])).toEqual([
      ["acme:a acme:a/api#go", "internal", "error"],
      ["shell", "client", "unset"],
      ["order.sennit", "internal", "error"],
    ]);
    expect(scene.spans[2]).toMatchObject({
      traceId: naming("trace a", 32),
      parentSpanId: null,
      start: 1000,
      end: 5000,
      attributes: { "sennit.run": "a", "sennit.ending": "failed", "error.type": "no-luck" },
    });
    expect(scene.spans[0]).toMatchObject({
      parentSpanId: scene.spans[2]?.spanId,
      attributes: { "error.type": "no-luck" },
    });
    expect(JSON.stringify(scene.spans)).not.toContain(SECRET);
    expect(scene.failures).toEqual([]);
  });

  it("tells nothing that is not durable (Y1)", async () => {
    const store = await storeWith(start, req(1));
    const held = new MemoryStore({ hash: sha256, now: () => 5000, held: true }, store);
    await using scene = new Scene(held);
    await scene.settled();
    await held.open("a");
    held.append("a", [encodeEntry(done(1))]);
    await scene.settled();
    expect(scene.spans).toEqual([]);

    const flushed = held.flushed("a", 3).then(() => true);
    while (!(await Promise.race([flushed, new Promise((resolve) => setImmediate(resolve, false))]))) held.release();
    await scene.settled();
    expect(scene.spans.map(({ name }) => name)).toEqual(["shell"]);
  });

  it("goes on where it was, and what it tells twice is the same (Y2, N2)", async () => {
    const store = await storeWith(start, req(1), done(1), req(3));
    const first = new Scene(store);
    await first.settled();
    await first[Symbol.asyncDispose]();
    await store.open("a");
    store.append("a", [done(3), end].map(encodeEntry));
    await store.flushed("a", 6);
    await using second = new Scene(store);
    await second.settled();
    await using whole = new Scene(await storeWith(start, req(1), done(1), req(3), done(3), end));
    await whole.settled();

    expect(first.spans.map(({ name }) => name)).toEqual(["shell"]);
    expect([...first.spans, ...second.spans]).toEqual(whole.spans);
  });

  it("puts the runs that a run spawned into its trace, below the effect that did", async () => {
    const store = await storeWith(start, { ...req(1), what: "spawn" } as Entry, done(1));
    const child: Entry = { ...start, parent: ["a", eff(1)] } as Entry;
    await store.create(newRun("b", { name: "step", parent: "a", entries: [child, end].map(encodeEntry) }));
    await using scene = new Scene(store);
    await scene.settled();
    const [spawn, step] = ["spawn", "step"].map((name) => scene.spans.find((span) => span.name === name));

    expect(step).toMatchObject({ traceId: spawn?.traceId, parentSpanId: spawn?.spanId });
  });

  it("is not troubled by a run that is deleted", async () => {
    const store = await storeWith(start, end);
    await using scene = new Scene(store);
    await scene.settled();
    store.mark("a", "telemetry", 2);
    await store.remove("a");
    store.mark("a", "telemetry", 2);
    await store.create(newRun("b", { entries: [start, end].map(encodeEntry) }));
    await scene.settled();

    expect(scene.spans).toHaveLength(2);
    expect(scene.failures).toEqual([]);
  });
});

describe("Exporter", () => {
  const span = { name: "x" } as Span;

  async function sent(
    statuses: readonly (number | null)[],
    count = 1,
  ): Promise<{ posts: number; pauses: number[]; dropped: number }> {
    const pauses: number[] = [];
    let posts = 0;
    const exporter = new Exporter({
      post: async () => {
        const status = statuses[Math.min(posts++, statuses.length - 1)] ?? null;
        if (status === null) throw new Error("refused");
        return { status };
      },
      body: (spans) => spans,
      elapsed: async (milliseconds) => void pauses.push(milliseconds),
      note: () => {},
      closed: new AbortController().signal,
    });
    await exporter.send(Array<Span>(count).fill(span));
    return { posts, pauses, dropped: exporter.dropped };
  }

  it.each([
    ["takes them", [200], { posts: 1, pauses: [], dropped: 0 }],
    ["is busy at first", [503, 429, 200], { posts: 3, pauses: [1000, 2000], dropped: 0 }],
    ["is not there", [null], { posts: 4, pauses: [1000, 2000, 4000], dropped: 1 }],
    ["does not want them", [400], { posts: 1, pauses: [], dropped: 1 }],
  ])("a receiver that %s is tried so often (X1)", async (_, statuses, expected) => {
    expect(await sent(statuses)).toEqual(expected);
  });

  it("that is gone is tried once for what follows, until it is back", async () => {
    const statuses = [null, null, null, null, null, 200, 503, 200];
    let posts = 0;
    const exporter = new Exporter({
      post: async () => {
        const status = statuses[posts++] ?? null;
        if (status === null) throw new Error("refused");
        return { status };
      },
      body: (spans) => spans,
      elapsed: () => Promise.resolve(),
      note: () => {},
      closed: new AbortController().signal,
    });
    const counts: number[] = [];
    for (let n = 0; n < 4; n++) {
      await exporter.send([span]);
      counts.push(posts);
    }

    expect([counts, exporter.dropped]).toEqual([[4, 5, 6, 8], 2]);
  });

  it("sends many in batches", async () => {
    expect(await sent([200], 1025)).toMatchObject({ posts: 3 });
  });
});

describe("an endpoint", () => {
  it.each([
    [undefined, {}, null],
    ["http://a:4318/", {}, "http://a:4318/v1/traces"],
    [undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: "http://b" }, "http://b/v1/traces"],
    [undefined, { OTEL_EXPORTER_OTLP_ENDPOINT: "" }, null],
    [
      undefined,
      { OTEL_EXPORTER_OTLP_ENDPOINT: "http://b", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://c/x" },
      "http://c/x",
    ],
    ["http://a", { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://c/x" }, "http://a/v1/traces"],
  ])("is the flag's, or the environment's: %j %j", (flag, environment, url) => {
    expect(destinationOf(flag, environment)?.url ?? null).toBe(url);
  });

  it("that is none is refused", () => {
    expect(() => destinationOf("localhost:4318", {})).toThrow(expect.objectContaining({ code: "bad-endpoint" }));
  });

  it("gets OTLP in JSON, with the headers of the environment", async () => {
    const got: { headers: unknown; body: unknown }[] = [];
    const server: Server = createServer((request, response) => {
      let text = "";
      request.on("data", (part: Buffer) => (text += part.toString()));
      request.on("end", () => {
        got.push({ headers: request.headers, body: JSON.parse(text) as unknown });
        response.end("{}");
        server.emit("taken");
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const environment = { OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b", OTEL_SERVICE_NAME: "shop" };
    const taken = once(server, "taken");
    const follow = telemetryFor({ endpoint: `http://127.0.0.1:${port}`, environment, version: "1", note: () => {} });
    const telemetry = follow?.({ store: await storeWith(start, req(1), done(1)), executor: new FakeExecutor() });
    await taken;
    await telemetry?.[Symbol.asyncDispose]();
    server.closeAllConnections();
    server.close();

    expect(got).toMatchObject([
      {
        headers: { "x-key": "a b", "content-type": "application/json" },
        body: {
          resourceSpans: [
            {
              resource: { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] },
              scopeSpans: [
                {
                  spans: [
                    {
                      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as unknown,
                      spanId: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
                      name: "shell",
                      kind: 3,
                      startTimeUnixNano: "5000000000",
                      endTimeUnixNano: "5000000000",
                      status: { code: 0 },
                    },
                  ],
                },
              ],
            },
          ],
        },
      },
    ]);
  });
});
