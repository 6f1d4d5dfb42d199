/** The API over real sockets: who is let in, what is too much, and what is answered. */
import { describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import { routes } from "../../src/daemon/routes.ts";
import { Api, program, TOKEN } from "./api.ts";

/** What any route knows. */
const FIELDS = [...new Set(Object.values(routes).flatMap(({ body = {} }) => Object.keys(body)))];

const error = (code: string): unknown => ({ error: expect.objectContaining({ code }) as unknown });

describe("who is let in", () => {
  it.each([
    ["no token", { Authorization: null }, 401, "no-token"],
    ["another token", { Authorization: `Bearer ${"b2".repeat(32)}` }, 401, "wrong-token"],
    ["another scheme", { Authorization: `Basic ${TOKEN}` }, 401, "no-token"],
    ["a name that was made to mean this machine", { Host: "evil.example:80" }, 421, "wrong-host"],
    ["another port", { Host: "127.0.0.1:1" }, 421, "wrong-host"],
    ["a page in a browser", { Origin: "http://localhost:3000" }, 403, "cross-origin"],
  ])("%s is refused", async (_, headers, status, code) => {
    await using api = await Api.open();
    const answer = await api.ask("GET", "/v1/status", { headers });

    expect(answer).toMatchObject({ status, json: error(code) });
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
  });

  it("says nothing of what there is without a token (U3)", async () => {
    await using api = await Api.open();
    const without = { headers: { Authorization: null } };

    expect(await api.ask("GET", "/v1/runs/none", without)).toMatchObject({ status: 401 });
    expect(await api.ask("GET", "/nothing", without)).toMatchObject({ status: 401 });
    expect(await api.ask("DELETE", "/v1", without)).toMatchObject({ status: 401 });
  });

  it("lets requests to localhost in", async () => {
    await using api = await Api.open();

    expect(await api.ask("GET", "/v1/status", { headers: { Host: `localhost:${api.port}` } })).toMatchObject({
      status: 200,
      json: { pid: 1, stale: [] },
    });
  });

  it("answers the preflight of a browser with a refusal (U2)", async () => {
    await using api = await Api.open();
    const headers = { Origin: "http://a.example", "Access-Control-Request-Method": "POST" };

    expect(await api.ask("OPTIONS", "/v1/runs", { headers })).toMatchObject({
      status: 403,
      json: error("cross-origin"),
    });
  });
});

describe("what is too much", () => {
  it("a body that says it has 1 GB is refused before any of it is read", async () => {
    await using api = await Api.open();
    const head = `POST /v1/runs HTTP/1.1\r\nHost: 127.0.0.1:${api.port}\r\nAuthorization: Bearer ${TOKEN}\r\n`;
    const text = await api.raw((send) => void send(`${head}Content-Length: 1073741824\r\n\r\n{`));

    expect(text).toMatch(/^HTTP\/1.1 413 .*"code":"body-too-large"/s);
    expect(await api.ask("GET", "/v1/status")).toMatchObject({ status: 200 });
  });

  it("a body of 1 GB that does not say so is cut off, and never held (B1)", async () => {
    await using api = await Api.open({ body: 1024 * 1024 });
    const head = `POST /v1/runs HTTP/1.1\r\nHost: 127.0.0.1:${api.port}\r\nAuthorization: Bearer ${TOKEN}\r\n`;
    const part = new Uint8Array(1024 * 1024).fill(0x20);
    let sent = 0;
    const text = await api.raw(async (send, _, closed) => {
      send(`${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`);
      while (sent < 1024 && !closed.aborted) {
        send(`${part.length.toString(16)}\r\n`);
        send(part);
        sent++;
        send("\r\n");
        await new Promise(setImmediate);
      }
    });

    expect(text).toMatch(/^HTTP\/1.1 413 /);
    expect(sent).toBeLessThan(1024);
    expect(await api.ask("GET", "/v1/status")).toMatchObject({ status: 200 });
  });

  it("a client that waits to be asked for 1 GB is not asked", async () => {
    await using api = await Api.open();
    const head = `POST /v1/runs HTTP/1.1\r\nHost: 127.0.0.1:${api.port}\r\nAuthorization: Bearer ${TOKEN}\r\n`;
    const text = await api.raw(
      (send) => void send(`${head}Expect: 100-continue\r\nContent-Length: 1073741824\r\n\r\n`),
    );

    expect(text).toMatch(/^HTTP\/1.1 413 /);
  });

  it("a client that waits to be asked for a body is asked", async () => {
    await using api = await Api.open();
    const body = JSON.stringify({ ...program, id: "a" });
    const about = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\nExpect: 100-continue`;
    const head = `POST /v1/runs HTTP/1.1\r\nHost: 127.0.0.1:${api.port}\r\nAuthorization: Bearer ${TOKEN}\r\n${about}`;
    const text = await api.raw((send) => void (send(`${head}\r\n\r\n`), send(body)));

    expect(text).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 201 /);
  });

  it.each([
    ["a head that does not end", "GET /v1 HTTP/1.1\r\nHost: x\r\n"],
    ["a body that does not end", "POST /hooks/hook-1 HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"],
  ])("%s has its time (V2)", async (_, bytes) => {
    await using api = await Api.open({ head: 100, request: 200 });

    expect(await api.raw((send) => void send(bytes))).toMatch(/^(HTTP\/1.1 408 |$)/);
    expect(api.defects).toEqual([]);
  });

  it.each([
    ["no HTTP", "hello\r\n\r\n", 400],
    ["a head of 1 MB", `GET /v1 HTTP/1.1\r\nX: ${"x".repeat(1024 * 1024)}\r\n\r\n`, 431],
    ["two lengths", "POST /hooks/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400],
    [
      "a length and chunks",
      "POST /hooks/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      400,
    ],
  ])("%s is answered and ended (V1)", async (_, bytes, status) => {
    await using api = await Api.open();

    expect(await api.raw((send) => void send(bytes))).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(await api.ask("GET", "/v1/status")).toMatchObject({ status: 200 });
  });

  it("connections are counted", async () => {
    await using api = await Api.open({ connections: 1 });
    await api.executor.submit({ ...program, id: "a" });
    const first = Promise.withResolvers<void>();
    const held = api.raw((send) => {
      const head = `GET /v1/runs/a/wait HTTP/1.1\r\nHost: 127.0.0.1:${api.port}\r\nAuthorization: Bearer ${TOKEN}\r\n`;
      send(`${head}Connection: close\r\n\r\n`);
      first.resolve();
    });
    await first.promise;

    await expect(api.ask("GET", "/v1/status")).rejects.toThrow(/hang up|ECONNRESET/);
    api.executor.end("a", { state: "done", value: 1 });
    expect(await held).toMatch(/^HTTP\/1.1 200 /);
  });
});

describe("what is asked wrongly", () => {
  const nested = "[".repeat(101) + "]".repeat(101);
  it.each([
    ["no JSON", "POST", "/v1/runs", { raw: "{" }, 400, "bad-json"],
    ["JSON that is too deep", "POST", "/v1/runs", { raw: nested }, 400, "bad-json"],
    ["a million values", "POST", "/v1/runs", { raw: `[${"1,".repeat(1_000_000)}1]` }, 400, "bad-json"],
    ["no UTF-8", "POST", "/v1/runs", { raw: new Uint8Array([0x22, 0xff, 0x22]) }, 400, "bad-json"],
    [
      "a form",
      "POST",
      "/v1/runs",
      { raw: "a=1", headers: { "Content-Type": "text/plain" } },
      415,
      "wrong-content-type",
    ],
    ["nothing", "POST", "/v1/runs", {}, 400, "bad-request"],
    ["a list", "POST", "/v1/runs", { body: [] }, 400, "bad-request"],
    ["no file", "POST", "/v1/runs", { body: { source: "" } }, 400, "bad-request"],
    ["a relative file", "POST", "/v1/runs", { body: { ...program, file: "a" } }, 400, "bad-request"],
    ["a field of another kind", "POST", "/v1/runs", { body: { ...program, grants: [1] } }, 400, "bad-request"],
    ["a field that is none", "POST", "/v1/runs", { body: { ...program, prams: {} } }, 400, "bad-request"],
    ["a short seed", "POST", "/v1/runs", { body: { ...program, seed: "00" } }, 400, "bad-request"],
    ["params twice", "POST", "/v1/runs", { body: { ...program, params: {}, texts: ["a=1"] } }, 400, "bad-request"],
    ["a priority beyond all", "POST", "/v1/runs", { body: { ...program, priority: 1e9 } }, 400, "bad-request"],
    ["an unknown run", "GET", "/v1/runs/none", {}, 404, "unknown-run"],
    ["the log of an unknown run", "GET", "/v1/runs/none/logs", {}, 404, "unknown-run"],
    ["a signal to an unknown run", "POST", "/v1/runs/none/signal", { body: { name: "x" } }, 404, "unknown-run"],
    ["a signal without a name", "POST", "/v1/runs/none/signal", { body: {} }, 400, "bad-request"],
    ["a path that is none", "GET", "/v1/rusn", {}, 404, "unknown-route"],
    ["a path that is badly encoded", "GET", "/v1/runs/%zz", {}, 404, "unknown-route"],
    ["another method", "PUT", "/v1/runs", {}, 405, "wrong-method"],
    ["a body to a GET", "GET", "/v1/status", { raw: "{}" }, 400, "bad-request"],
    ["a query that is none", "GET", "/v1/runs?stat=done", {}, 400, "bad-request"],
    ["a state that is none", "GET", "/v1/runs?state=dead", {}, 400, "bad-request"],
    ["a limit beyond all", "GET", "/v1/runs?limit=1001", {}, 400, "bad-request"],
    ["a wait beyond all", "GET", "/v1/runs/a/wait?timeout=1e9", {}, 400, "bad-request"],
    ["a queue for none", "PUT", "/v1/queues/q", { body: { concurrency: 0 } }, 400, "bad-request"],
    ["a queue that is not there", "DELETE", "/v1/queues/q", {}, 404, "unknown-queue"],
    ["a schedule without a time", "PUT", "/v1/schedules/s", { body: { submission: program } }, 400, "bad-request"],
    ["a schedule of nothing", "PUT", "/v1/schedules/s", { body: { every: 1000 } }, 400, "bad-request"],
    ["a schedule that is not there", "DELETE", "/v1/schedules/s", {}, 404, "unknown-schedule"],
    ["a webhook that is nobody's", "POST", "/hooks/none", { body: 1 }, 404, "unknown-webhook"],
    ["a GET of a webhook", "GET", "/hooks/hook-1", {}, 405, "wrong-method"],
    ["a nonce that is none", "GET", "/v1/hello/x", {}, 400, "bad-request"],
  ] as const)("%s is a clear error", async (_, method, path, sent, status, code) => {
    await using api = await Api.open();

    expect(await api.ask(method, path, sent)).toMatchObject({ status, json: error(code) });
    expect(api.executor.runs.size).toBe(0);
    expect(api.defects).toEqual([]);
  });

  it("a wrong method names the right ones", async () => {
    await using api = await Api.open();

    expect((await api.ask("PUT", "/v1/runs")).headers["allow"]).toBe("POST, GET");
  });

  it("a failure of ours is a 500 that tells nothing, and is noted", async () => {
    await using api = await Api.open();
    api.executor.show = () => Promise.reject(new Error("secret"));
    const answer = await api.ask("GET", "/v1/runs/a");

    expect(answer).toMatchObject({ status: 500, json: error("defect") });
    expect(answer.text).not.toContain("secret");
    expect(api.defects).toHaveLength(1);
  });
});

describe("whatever is sent", () => {
  const anything = fc.oneof(
    fc.constant({ ...program }),
    fc.dictionary(fc.constantFrom(...FIELDS), fc.jsonValue()),
    fc.jsonValue(),
  );

  it("is answered, and none of it is a failure of ours (V1)", { timeout: 60_000 }, async () => {
    await using api = await Api.open();
    const route = fc.constantFrom(...Object.values(routes).filter(({ path }) => path !== "/v1/stop"));
    const segment = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom("a", "..", "%", "hook-1"));
    await fc.assert(
      fc.asyncProperty(route, segment, anything, async ({ method, path }, text, body) => {
        const place = path.replace(/\{\w+\}/, () => encodeURIComponent(text));
        const { status, json } = await api.ask(method, place, method === "GET" ? {} : { body });

        expect(status).toBeLessThan(500);
        if (status >= 400) expect(json).toMatchObject({ error: { code: expect.any(String) as unknown } });
        expect(api.defects).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("as bytes too", { timeout: 60_000 }, async () => {
    await using api = await Api.open({ head: 50, request: 100 });
    const line = fc.constantFrom(
      "GET /v1 HTTP/1.1\r\n",
      "POST /hooks/hook-1 HTTP/1.1\r\n",
      "Host: x\r\n",
      "\r\n",
      "Content-Length: 5\r\n",
    );
    const part = fc.oneof(line, fc.string(), fc.uint8Array());
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 8 }), async (parts) => {
        await api.raw((send, close) => {
          for (const each of parts) send(each);
          close();
        });
        expect(api.defects).toEqual([]);
      }),
      { numRuns: 100 },
    );

    expect(await api.ask("GET", "/v1/status")).toMatchObject({ status: 200 });
  });
});

describe("every route", () => {
  it("is described by GET /v1", async () => {
    await using api = await Api.open();

    expect(await api.ask("GET", "/v1")).toMatchObject({ status: 200, json: { routes: Object.values(routes) } });
  });

  it.each(Object.values(routes).filter(({ secret }) => secret === "token"))(
    "$method $path needs the token",
    async (route) => {
      await using api = await Api.open();
      const path = route.path.replace(/\{\w+\}/g, "a");

      expect(await api.ask(route.method, path, { headers: { Authorization: null } })).toMatchObject({ status: 401 });
    },
  );

  it("warns in header and field once what is on disk is not what runs (A1)", async () => {
    await using api = await Api.open();
    api.executor.changed = ["acme:a", "acme:b"];
    const answer = await api.ask("GET", "/v1/runs");

    expect(answer.headers["sennit-warning"]).toBe("stale-packages acme:a acme:b");
    expect(answer.json).toMatchObject({ warnings: [{ code: "stale-packages", packages: ["acme:a", "acme:b"] }] });
    expect(await api.ask("GET", "/v1/runs/none")).toMatchObject({ status: 404, json: { warnings: [{}] } });
    expect(await api.ask("POST", "/v1/reload")).toMatchObject({ json: { changed: ["acme:a", "acme:b"] } });
    expect((await api.ask("GET", "/v1/runs")).headers["sennit-warning"]).toBeUndefined();
  });
});
