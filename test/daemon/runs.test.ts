/** Runs, queues, schedules and webhooks through the API: what an executor is asked, and what of it is answered. */
import { describe, expect, it } from "vitest";
import { Fault } from "../../src/fault.ts";
import { Api, program, TOKEN } from "./api.ts";

describe("a run is submitted", () => {
  it("once for one id, however often and however much at once", async () => {
    await using api = await Api.open();
    const gate = Promise.withResolvers<void>();
    api.executor.gate = gate.promise;
    const submits = Array.from({ length: 20 }, () => api.ask("POST", "/v1/runs", { body: { ...program, id: "a" } }));
    gate.resolve();
    const answers = await Promise.all(submits);

    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      ...Array<number>(19).fill(200),
      201,
    ]);
    expect(answers.filter(({ json }) => (json as { isNew: boolean }).isNew)).toHaveLength(1);
    expect(api.executor.runs.size).toBe(1);
  });

  it("with everything that was said of it, and exact integers (J2)", async () => {
    await using api = await Api.open();
    const more = `"queue":"q","key":"k","priority":-3,"grants":["run:git"],"seed":"${"0f".repeat(32)}"`;
    const raw = `{"file":"/w/a.sennit","source":"s","id":"a","params":{"n":9007199254740993,"x":1.5},${more}}`;
    await api.ask("POST", "/v1/runs", { raw });

    expect(api.executor.run("a").submission).toEqual({
      file: "/w/a.sennit",
      source: "s",
      id: "a",
      params: { n: 9007199254740993n, x: 1.5 },
      queue: "q",
      key: "k",
      priority: -3,
      grants: ["run:git"],
      seed: new Uint8Array(32).fill(15),
    });
  });

  it.each([
    ["a fault of the submission", new Fault("bad-param", "no", { hint: "yes" }), 400],
    ["what was not granted", new Fault("capability-denied", "no"), 422],
    ["an id of another program", new Fault("id-taken", "no"), 409],
    ["a full disk", new Fault("store-full", "no"), 507],
    ["a lost store", new Fault("store-lost", "no"), 503],
  ])("%s has its status", async (_, fault, status) => {
    await using api = await Api.open();
    api.executor.submit = () => Promise.reject(fault);

    expect(await api.ask("POST", "/v1/runs", { body: program })).toMatchObject({
      status,
      json: { error: { code: fault.code, message: "no", hint: fault.hint ?? null } },
    });
  });
});

describe("runs are listed", () => {
  it("page by page, and by state and prefix", async () => {
    await using api = await Api.open();
    for (const id of ["a1", "a2", "b1"]) await api.executor.submit({ ...program, id });
    await api.executor.pause("a1");
    const ids = async (query: string): Promise<unknown> => {
      const { runs, after } = (await api.ask("GET", `/v1/runs${query}`)).json as {
        runs: { id: string }[];
        after: unknown;
      };
      return [runs.map(({ id }) => id), after];
    };

    expect(await ids("?limit=2")).toEqual([["b1", "a2"], "a2"]);
    expect(await ids("?limit=2&after=a2")).toEqual([["a1"], null]);
    expect(await ids("?state=paused,parked")).toEqual([["a1"], null]);
    expect(await ids("?prefix=b")).toEqual([["b1"], null]);
  });

  it("an empty store has none", async () => {
    await using api = await Api.open();

    expect((await api.ask("GET", "/v1/runs")).json).toEqual({ runs: [], after: null });
  });

  it("a run is shown, whatever its id is made of", async () => {
    await using api = await Api.open();
    await api.executor.submit({ ...program, id: "a:b@2026-01-01T00+1" });

    expect(await api.ask("GET", `/v1/runs/${encodeURIComponent("a:b@2026-01-01T00+1")}`)).toMatchObject({
      status: 200,
      json: { run: { id: "a:b@2026-01-01T00+1", state: "running", packages: ["acme:a"], parent: null } },
    });
  });
});

describe("what a run shows", () => {
  it("comes as lines while it goes on, and goes on from any position", async () => {
    await using api = await Api.open();
    await api.executor.submit({ ...program, id: "a" });
    api.executor.print("a", "one");
    const following = api.ask("GET", "/v1/runs/a/logs?follow=1");
    api.executor.print("a", "two");
    api.executor.end("a", { state: "done", value: null });

    const lines = (text: string): unknown[] =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown);
    expect(lines((await following).text)).toEqual([
      { lsn: 2, kind: "print", text: "one" },
      { lsn: 4, kind: "print", text: "two" },
      { next: 5, ended: true },
    ]);
    expect(lines((await api.ask("GET", "/v1/runs/a/logs?from=3")).text)).toEqual([
      { lsn: 4, kind: "print", text: "two" },
      { next: 5, ended: true },
    ]);
  });

  it("ends when the server stops, and tells where to go on", async () => {
    await using api = await Api.open();
    await api.executor.submit({ ...program, id: "a" });
    api.executor.print("a", "one");
    const first = Promise.withResolvers<void>();
    let text = "";
    const { request } = await import("node:http");
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const ended = Promise.withResolvers<void>();
    request({ port: api.port, host: "127.0.0.1", path: "/v1/runs/a/logs?follow=1", headers }, (answer) => {
      answer.on("data", (part: Buffer) => {
        text += part.toString();
        first.resolve();
      });
      answer.on("end", () => ended.resolve());
    }).end();
    await first.promise;
    await api.server.quiet();
    await ended.promise;

    expect(text.trimEnd().split("\n").at(-1)).toBe('{"next":3,"ended":false}');
  });

  it("a failure in the middle is told in the last line", async () => {
    await using api = await Api.open();
    await api.executor.submit({ ...program, id: "a" });
    api.executor.follow = async function* () {
      yield { lsn: 1, event: { kind: "print", text: "one" } };
      throw new Fault("store-lost", "gone");
    };

    expect((await api.ask("GET", "/v1/runs/a/logs")).text.trimEnd().split("\n").at(-1)).toContain('"store-lost"');
  });
});

describe("a run is waited for", () => {
  it("until it has ended", async () => {
    await using api = await Api.open();
    await api.executor.submit({ ...program, id: "a" });
    const waiting = api.ask("GET", "/v1/runs/a/wait?timeout=3600");
    api.executor.end("a", { state: "done", value: new Map([["n", 2n ** 64n]]) });

    expect((await waiting).text).toBe('{"ended":{"state":"done","value":{"n":18446744073709551616}}}');
  });

  it("or until the time is up", async () => {
    await using api = await Api.open();
    await api.executor.submit({ ...program, id: "a" });

    expect((await api.ask("GET", "/v1/runs/a/wait?timeout=0.01")).json).toEqual({ ended: null });
  });
});

describe("a run is told", () => {
  it("signals, each sender's once", async () => {
    await using api = await Api.open();
    await api.executor.submit({ ...program, id: "a" });
    const body = { name: "go", value: { by: "Ada" }, sender: "s1" };

    expect((await api.ask("POST", "/v1/runs/a/signal", { body })).json).toEqual({ isNew: true });
    expect((await api.ask("POST", "/v1/runs/a/signal", { body })).json).toEqual({ isNew: false });
    expect(api.executor.signals).toHaveLength(1);
    expect(api.executor.signals[0]).toMatchObject({
      name: "go",
      sender: "s1",
      value: new Map<string, unknown>([["by", "Ada"]]),
    });
  });

  it("to be paused, to go on, to be cancelled, to be tried again, and is deleted", async () => {
    await using api = await Api.open();
    await api.executor.submit({ ...program, id: "a" });
    const state = (): string => api.executor.run("a").state;

    expect([await api.ask("POST", "/v1/runs/a/pause"), state()]).toMatchObject([{ json: { id: "a" } }, "paused"]);
    expect([await api.ask("POST", "/v1/runs/a/resume", { body: {} }), state()]).toMatchObject([
      { status: 200 },
      "running",
    ]);
    expect(await api.ask("DELETE", "/v1/runs/a")).toMatchObject({
      status: 409,
      json: { error: { code: "run-running" } },
    });
    expect([await api.ask("POST", "/v1/runs/a/cancel"), state()]).toMatchObject([{ status: 200 }, "cancelled"]);
    expect(await api.ask("POST", "/v1/runs/a/retry")).toMatchObject({ json: { id: "a-2" } });
    expect(await api.ask("DELETE", "/v1/runs/a")).toMatchObject({ status: 200 });
    expect(await api.ask("GET", "/v1/runs/a")).toMatchObject({ status: 404 });
  });
});

describe("queues and schedules", () => {
  it("are set, listed and removed", async () => {
    await using api = await Api.open();
    await api.ask("PUT", "/v1/queues/mail", { body: { concurrency: 10, keepFor: 60_000 } });
    await api.ask("PUT", "/v1/schedules/s", {
      body: { cron: "0 8 * * *", submission: { ...program, texts: ["n=1"] } },
    });
    await api.ask("PUT", "/v1/schedules/t", { body: { every: 1000, missed: "once", submission: program } });

    expect((await api.ask("GET", "/v1/queues")).json).toEqual({
      queues: { mail: { concurrency: 10, perKey: null, keepFor: 60_000, keepNewest: null } },
    });
    expect((await api.ask("GET", "/v1/schedules")).json).toMatchObject({
      schedules: [
        {
          name: "s",
          cron: "0 8 * * *",
          zone: "UTC",
          missed: "skip",
          submission: { file: program.file, texts: ["n=1"] },
        },
        { name: "t", every: 1000, missed: "once", next: 1, last: null },
      ],
    });
    expect(await api.ask("DELETE", "/v1/queues/mail")).toMatchObject({ status: 200 });
    expect(await api.ask("DELETE", "/v1/schedules/s")).toMatchObject({ status: 200 });
    expect((await api.ask("GET", "/v1/schedules")).json).toMatchObject({ schedules: [{ name: "t" }] });
  });
});

describe("a webhook", () => {
  const open = { headers: { Authorization: null, Host: "hooks.example.org" } };

  it("takes what strangers post, under any name and without the token", async () => {
    await using api = await Api.open();

    expect(await api.ask("POST", "/hooks/hook-1", { ...open, body: { paid: true } })).toMatchObject({
      status: 200,
      json: { accepted: true },
    });
    expect(api.executor.posted[0]?.value).toEqual(new Map([["paid", true]]));
  });

  it("gives one delivery one sender, by either header, and others another", async () => {
    await using api = await Api.open();
    const post = (headers: Readonly<Record<string, string>>): Promise<unknown> =>
      api.ask("POST", "/hooks/hook-1", { headers: { ...open.headers, ...headers } });
    for (const key of ["1", "1", "2"]) await post({ "Idempotency-Key": key });
    await post({ "Webhook-Id": "1" });
    await post({});
    await post({});
    const [a, b, c, d, e, f] = api.executor.posted.map(({ sender }) => sender);

    expect(a).toBe(b);
    expect(d).toBe(a);
    expect(new Set([a, c, e, f]).size).toBe(4);
  });

  it("has a smaller limit than the API", async () => {
    await using api = await Api.open({ hookBody: 100 });

    expect(await api.ask("POST", "/hooks/hook-1", { ...open, body: "x".repeat(200) })).toMatchObject({ status: 413 });
    expect(api.executor.posted).toEqual([]);
  });

  it("is acknowledged only once what was posted is durable", async () => {
    await using api = await Api.open();
    const durable = Promise.withResolvers<boolean>();
    api.executor.webhook = () => durable.promise;
    let isAnswered = false;
    const posting = api.ask("POST", "/hooks/hook-1", open).then((answer) => {
      isAnswered = true;
      return answer;
    });
    await api.ask("GET", "/v1/status");

    expect(isAnswered).toBe(false);
    durable.resolve(true);
    expect(await posting).toMatchObject({ status: 200 });
  });
});

describe("a run is migrated", () => {
  it("with what was sent, and its verdicts are answered", async () => {
    await using api = await Api.open();
    await api.ask("POST", "/v1/runs", { body: { ...program, id: "a" } });
    const migration = { file: "move.sennit", source: "m" };
    const dry = await api.ask("POST", "/v1/runs/a/migrate", { body: { source: "s", migration, dry: true } });
    const done = await api.ask("POST", "/v1/runs/a/migrate", { body: { source: "s" } });

    expect(api.executor.migrated).toEqual([
      { id: "a", request: { source: "s", migration, dry: true, restart: false } },
      { id: "a", request: { source: "s", migration: undefined, dry: false, restart: false } },
    ]);
    expect(dry).toMatchObject({ status: 200, json: { moved: false, runs: [{ id: "a", verdict: "continues" }] } });
    expect(done).toMatchObject({ status: 200, json: { moved: true } });
    for (const body of [{}, { source: "s", dry: 1 }, { source: "s", migration: "m" }, { source: "s", more: 1 }]) {
      const refused = await api.ask("POST", "/v1/runs/a/migrate", { body });
      expect(refused).toMatchObject({ status: 400, json: { error: { code: "bad-request" } } });
    }
  });
});
