/** What a hostile program or server tries: injected lines, redirects, and getting at secrets. */
import { describe, expect, it } from "vitest";
import { run } from "../../../src/engine/embedding/run-program.node.ts";
import type { ShownEvent } from "../../../src/engine/embedding/run-program.node.ts";
import { basic, bearer, call, get, plain, secret, TestNetwork, TestServer } from "./http-server.ts";
import type { Handler, Headers } from "./http-server.ts";

const SECRET = "tok-9f8e7d6c5b4a";
const PUBLIC = "93.184.215.14";
const ok: Handler = (_, response) => response.end("ok");

describe("a program cannot shape the wire (Q1, Q2)", () => {
  it.each([
    ["CR LF in a value", [["x", plain("a\r\nHost: evil")]]],
    ["LF in a value", [["x", plain("a\nb")]]],
    ["NUL in a value", [["x", plain("a\0b")]]],
    ["what would become a line break in Latin-1", [["x", plain("a\u010a\u010db")]]],
    ["a line in a name", [["x: y\r\nz", plain("a")]]],
    ["a space before the colon", [["content-length ", plain("5")]]],
    ["an empty name", [["", plain("a")]]],
    ["another virtual host", [["Host", plain("evil.example")]]],
    ["another length", [["Content-Length", plain("5")]]],
    ["chunks", [["transfer-encoding", plain("chunked")]]],
    ["another protocol", [["upgrade", plain("websocket")]]],
    ["a line in a user", [["authorization", basic("a\r\nb", "TOKEN")]]],
  ] as const)("%s", async (_, headers) => {
    await using server = await TestServer.start(ok);
    const world = { grants: [`net:127.0.0.1:${server.port}`, "secret:TOKEN"], secrets: { TOKEN: SECRET } };

    expect(await get(world, `http://127.0.0.1:${server.port}`, headers)).toMatchObject({ kind: "invalid" });
    expect(server.seen).toEqual([]);
  });

  it.each([
    ["GET / HTTP/1.1\r\nX: y", "/"],
    ["CONNECT", "/"],
    ["TRACE", "/"],
    ["", "/"],
    ["GET", "/a b"],
    ["GET", "/a\r\nX: y"],
    ["GET", "/a\tb"],
  ])("the method %j with the path %j", async (method, path) => {
    await using server = await TestServer.start(ok);
    const args = [method, `http://127.0.0.1:${server.port}${path}`, [], null, null, null];

    expect(await call({ grants: [`net:127.0.0.1:${server.port}`] }, "request", args)).toMatchObject({
      kind: "invalid",
    });
    expect(server.seen).toEqual([]);
  });

  it.each([
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "//127.0.0.1/",
    "127.0.0.1",
    "http://",
    "http://u:p@127.0.0.1/",
    "javascript:0",
  ])("the URL %s", async (url) =>
    expect(await get({ grants: ["net:127.0.0.1"] }, url)).toMatchObject({ kind: "invalid" }),
  );
});

describe("redirects are followed by the host, under the same grants (N1, Q3)", () => {
  const hop =
    (status: number, location: string): Handler =>
    (request, response) => {
      if (request.url !== "/end") response.writeHead(status, { location });
      response.end("end");
    };
  const carrying: Headers = [
    ["authorization", bearer("TOKEN")],
    ["cookie", plain("a=b")],
    ["x-api-key", secret("TOKEN")],
    ["accept", secret("TOKEN")],
    ["user-agent", plain("me")],
  ];

  it("keeps what it carries on the same host", async () => {
    await using server = await TestServer.start(hop(301, "/end"));
    const world = { grants: [`net:127.0.0.1:${server.port}`, "secret:TOKEN"], secrets: { TOKEN: SECRET } };

    const found = await get(world, `http://127.0.0.1:${server.port}/`, carrying);

    expect(found).toMatchObject({ body: "end", url: `http://127.0.0.1:${server.port}/end` });
    expect(server.seen[1]?.headers).toMatchObject({ authorization: `Bearer ${SECRET}`, "x-api-key": SECRET });
  });

  it("drops credentials and secrets on the way to another", async () => {
    await using other = await TestServer.start(ok);
    await using server = await TestServer.start(hop(302, `http://127.0.0.1:${other.port}/`));
    const grants = [`net:127.0.0.1:${server.port}`, `net:127.0.0.1:${other.port}`, "secret:TOKEN"];

    const found = await get({ grants, secrets: { TOKEN: SECRET } }, `http://127.0.0.1:${server.port}/`, carrying);

    expect(found).toMatchObject({ body: "ok" });
    expect(server.seen[0]?.headers).toMatchObject({ authorization: `Bearer ${SECRET}`, cookie: "a=b" });
    expect(Object.keys(other.seen[0]?.headers ?? {}).toSorted()).toEqual([
      "accept-encoding",
      "connection",
      "host",
      "user-agent",
    ]);
  });

  it("asks no host that was not granted", async () => {
    await using other = await TestServer.start(ok);
    await using server = await TestServer.start(hop(307, `http://127.0.0.1:${other.port}/`));

    const denied = await get({ grants: [`net:127.0.0.1:${server.port}`] }, `http://127.0.0.1:${server.port}/`);

    expect(denied).toMatchObject({ kind: "denied" });
    expect(denied.message).toContain(`--grant net:127.0.0.1:${other.port}`);
    expect(other.seen).toEqual([]);
  });

  it.each([
    ["http://169.254.169.254/latest", "denied"],
    ["http://[::ffff:a9fe:a9fe]/", "denied"],
    ["file:///etc/passwd", "invalid"],
    ["http://u:p@127.0.0.1/", "invalid"],
    ["http://", "failed"],
    ["/loop", "failed"],
  ])("is not led to %s: %s", async (location, kind) => {
    await using server = await TestServer.start(hop(302, location));
    const grants = [`net:127.0.0.1:${server.port}`, "net:169.254.169.254", "net:[::ffff:a9fe:a9fe]"];

    expect(await get({ grants }, `http://127.0.0.1:${server.port}/`)).toMatchObject({ kind });
    expect(server.seen).toHaveLength(location === "/loop" ? 6 : 1);
  });

  it.each([
    [301, "POST", "GET "],
    [303, "PUT", "GET "],
    [307, "POST", "POST body"],
    [308, "PUT", "PUT body"],
  ] as const)("%i makes a %s a %s", async (status, method, then) => {
    await using server = await TestServer.start(hop(status, "/end"));
    const args = [
      method,
      `http://127.0.0.1:${server.port}/`,
      [["content-type", plain("a/b")]],
      Buffer.from("body"),
      null,
      null,
    ];

    await call({ grants: [`net:127.0.0.1:${server.port}`] }, "request", args);

    const last = server.seen[1];
    expect(`${last?.method} ${last?.body}`).toBe(then);
    expect(last?.headers["content-type"]).toBe(then === "GET " ? undefined : "a/b");
  });
});

describe("a secret is a name to everybody but the other side (N4, U1)", () => {
  it("goes into a header, bare, as bearer, or with a user", async () => {
    await using server = await TestServer.start(ok);
    const world = { grants: [`net:127.0.0.1:${server.port}`, "secret:TOKEN"], secrets: { TOKEN: SECRET } };

    await get(world, `http://127.0.0.1:${server.port}`, [
      ["a", secret("TOKEN")],
      ["b", bearer("TOKEN")],
      ["c", basic("me", "TOKEN")],
    ]);

    expect(server.seen[0]?.headers).toMatchObject({
      a: SECRET,
      b: `Bearer ${SECRET}`,
      c: `Basic ${Buffer.from(`me:${SECRET}`).toString("base64")}`,
    });
  });

  it.each([
    ["no grant", [], { TOKEN: SECRET }, "denied", "--grant secret:TOKEN"],
    ["the grant of another", ["secret:TOKENS", "env:TOKEN"], { TOKEN: SECRET }, "denied", "--grant secret:TOKEN"],
    ["no value", ["secret:TOKEN"], {}, "invalid", "environment variable TOKEN"],
    ["a value of two lines", ["secret:TOKEN"], { TOKEN: `${SECRET}\nx: y` }, "invalid", "secret TOKEN"],
  ] as const)("stays here with %s", async (_, grants, secrets, kind, says) => {
    await using server = await TestServer.start(ok);
    const world = { grants: [`net:127.0.0.1:${server.port}`, ...grants], secrets };

    const ended = await get(world, `http://127.0.0.1:${server.port}`, [["a", secret("TOKEN")]]);

    expect(ended).toMatchObject({ kind });
    expect(ended.message).toContain(says);
    expect(ended.message).not.toContain(SECRET);
    expect(server.seen).toEqual([]);
  });

  it("leaves no machine but by https", async () => {
    const network = new TestNetwork({ "a.example": [[PUBLIC]] });
    const world = { grants: ["net:a.example", "secret:TOKEN"], secrets: { TOKEN: SECRET }, network };

    expect(await get(world, "http://a.example/", [["a", secret("TOKEN")]])).toMatchObject({
      kind: "denied",
      message: "secret TOKEN: it leaves by https only",
    });
    expect(network.connected).toEqual([]);
  });

  it.each([
    [
      "its body",
      (value: string): Handler =>
        (_, response) =>
          response.end(`{"you":"${value}"}`),
    ],
    [
      "a header",
      (value: string): Handler =>
        (_, response) =>
          response.writeHead(200, { "x-echo": value }).end(),
    ],
    [
      "a redirect",
      (value: string): Handler =>
        (_, response) =>
          response.writeHead(302, { location: `/${value}` }).end(),
    ],
    [
      "a redirect's host",
      (value: string): Handler =>
        (_, response) =>
          response.writeHead(302, { location: `http://${value}.example` }).end(),
    ],
  ])("is not told by a response that repeats it in %s", async (_, repeating) => {
    for (const value of [SECRET, Buffer.from(`me:${SECRET}`).toString("base64")]) {
      await using server = await TestServer.start(repeating(value));
      const world = { grants: [`net:127.0.0.1:${server.port}`, "secret:TOKEN"], secrets: { TOKEN: SECRET } };

      const ended = await get(world, `http://127.0.0.1:${server.port}`, [["a", basic("me", "TOKEN")]]);

      expect(ended).toMatchObject({ kind: "failed" });
      expect(ended.message).toContain("secret TOKEN");
      expect(JSON.stringify(ended)).not.toContain(value);
    }
  });

  it("shows in nothing that a run prints, emits, answers or fails with", async () => {
    await using server = await TestServer.start(ok);
    const shown: (ShownEvent | string)[] = [];
    const program = `
      require "std:http" as http;
      header = ["authorization": http.header_value.bearer("TOKEN")];
      print header; print str(header); emit("header", str(header)); log("info", str(header));
      r = http.get("http://127.0.0.1:${server.port}/", ["authorization": bearer("TOKEN")]);
      print r;
      try { http.get("http://other.example/", ["authorization": bearer("TOKEN")]); } catch (e) { print e; print e.message; print e.trace; }
      http.get("http://127.0.0.1:1/", ["authorization": bearer("TOKEN")]);`;

    const failure: unknown = await run(program, {
      grants: [`net:127.0.0.1:${server.port}`, "net:127.0.0.1:1", "secret:TOKEN"],
      secrets: { TOKEN: SECRET },
      onPrint: (line) => shown.push(line),
      onEvent: (event) => shown.push(event),
    }).catch((fault: unknown) => fault);

    expect(server.seen[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
    expect(shown[0]).toMatchObject({ kind: "print", text: expect.stringContaining('bearer("TOKEN")') });
    expect(failure).toMatchObject({ code: "unreachable" });
    expect(`${JSON.stringify(shown)} ${String(failure)} ${JSON.stringify(failure)}`).not.toContain(SECRET);
  });
});
