import { readFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { httpWorld } from "../../../src/engine/std/http-world.ts";
import { worldFromText } from "../../../src/host/wit-source.ts";
import { formatWorld } from "../../../src/wit/text.ts";
import { answered, call, get, instanceOf, plain, TestNetwork, TestServer } from "./http-server.ts";
import { printed } from "../programs.ts";

const PUBLIC = "93.184.215.14";

describe("std:http", () => {
  it("has the world of wit/std/http.wit", async () => {
    const text = readFileSync(new URL("../../../wit/std/http.wit", import.meta.url), "utf8");

    expect(formatWorld(httpWorld)).toBe(formatWorld(await worldFromText(text)));
  });

  it("gets, posts and requests", async () => {
    await using server = await TestServer.start((request, response, body) => {
      response.writeHead(request.url === "/none" ? 404 : 200, { "X-Two": ["a", "b"] });
      response.end(`${request.method} ${body}`);
    });
    const at = `http://127.0.0.1:${server.port}`;
    const world = { grants: [`net:127.0.0.1:${server.port}`] };

    const found = await get(world, `${at}/a?b=ü#c`, [["X-Mine", plain("grün")]]);
    expect(found).toMatchObject({ kind: "ok", status: 200, url: `${at}/a?b=%C3%BC`, body: "GET " });
    expect(found.headers.filter(([name]) => name === "x-two")).toEqual([
      ["x-two", "a"],
      ["x-two", "b"],
    ]);
    expect(await get(world, `${at}/none`)).toMatchObject({ kind: "ok", status: 404 });
    const posted = await call(world, "post", [`${at}/`, [], Buffer.from("häl")]);
    expect(posted).toMatchObject({ body: "POST häl" });
    const put = await call(world, "request", ["put", `${at}/`, [], null, null, null]);
    expect(put).toMatchObject({ body: "PUT " });
    const head = await call(world, "request", ["HEAD", `${at}/`, [], null, 1000, 1]);
    expect(head).toMatchObject({ kind: "ok", body: "" });
    expect(server.seen[0]).toMatchObject({ url: "/a?b=%C3%BC", headers: { "accept-encoding": "identity" } });
    expect(server.seen[0]?.headers["x-mine"]).toBe(Buffer.from("grün", "latin1").toString("latin1"));
  });

  it("is required by a program, whose errors have the code of their case", async () => {
    await using server = await TestServer.start((_, response) => response.end("hello"));
    const at = `http://localhost:${server.port}/`;
    const program = `
      require "std:http" as http;
      r = http.get("${at}", ["accept": plain("text/plain")]);
      print text(r.body);
      try { http.get("http://localhost:1/", [:]); } catch (e) { print e.code; print e.message; }`;

    const lines = await printed(program, { grants: [`net:localhost:${server.port}`] });

    expect(lines[0]).toBe("hello");
    expect(lines[1]).toBe("denied");
    expect(lines[2]).toContain("--grant net:localhost:1");
  });

  it("asks nobody without a grant (N1)", async () => {
    const network = new TestNetwork({ "a.example": [[PUBLIC]] });
    for (const [grant, url, way] of [
      ["net:b.example", "http://a.example/", "net:a.example)"],
      ["net:a.example", "http://a.example:8080/", "net:a.example:8080)"],
      ["net:a.example:8080", "https://a.example/", "net:a.example)"],
      ["net:*.a.example", "https://a.example/", "net:a.example)"],
      ["net:a.example", "http://a.example.evil.test/", "net:a.example.evil.test)"],
      ["net:a.example", "http://evil.test/@a.example", "net:evil.test)"],
    ] as const) {
      const denied = await get({ grants: [grant], network }, url);
      expect(denied, url).toMatchObject({ kind: "denied" });
      expect(denied.message).toContain(`--grant ${way}`);
    }
    expect(network).toMatchObject({ lookups: [], connected: [] });
  });

  it.each(["MÜNCHEN.example", "xn--mnchen-3ya.example.", "ｍünchen。example"])(
    "takes %s for what URLs take it for",
    async (host) => {
      await using server = await TestServer.start((_, response) => response.end("ok"));
      const network = new TestNetwork({ "xn--mnchen-3ya.example": [[PUBLIC]] });

      const found = await get(
        { grants: [`net:münchen.example:${server.port}`], network },
        `http://${host}:${server.port}`,
      );

      expect(found).toMatchObject({ kind: "ok" });
      expect(server.seen[0]?.headers.host).toBe(`xn--mnchen-3ya.example:${server.port}`);
    },
  );

  it("connects to the address that was judged, and looks a name up once (N2)", async () => {
    await using server = await TestServer.start((request, response) => {
      if (request.url === "/again") response.writeHead(302, { location: "/" });
      response.end("ok");
    });
    const grants = [`net:a.example:${server.port}`];
    const rebinding = (): TestNetwork => new TestNetwork({ "a.example": [[PUBLIC], ["127.0.0.1"]] });

    const once = rebinding();
    expect(await get({ grants, network: once }, `http://a.example:${server.port}/`)).toMatchObject({ kind: "ok" });
    expect(once).toMatchObject({ lookups: ["a.example"], connected: [[PUBLIC]] });

    const twice = rebinding();
    const denied = await get({ grants, network: twice }, `http://a.example:${server.port}/again`);
    expect(denied).toMatchObject({ kind: "denied" });
    expect(denied.message).toContain(`--grant net:127.0.0.1:${server.port}`);
    expect(twice.connected).toEqual([[PUBLIC]]);
    expect(server.seen).toHaveLength(2);
  });

  it("leaves out the addresses that a name may not lead to (N2, N3)", async () => {
    await using server = await TestServer.start((_, response) => response.end("ok"));
    const network = new TestNetwork({ "a.example": [["10.0.0.1", "::1", "fe80::1%eth0", PUBLIC, "2001:db8::1"]] });

    await get({ grants: [`net:a.example:${server.port}`], network }, `http://a.example:${server.port}/`);

    expect(network.connected).toEqual([[PUBLIC, "2001:db8::1"]]);
  });

  it("reaches local addresses when they were granted themselves, or as localhost (N3)", async () => {
    await using server = await TestServer.start((_, response) => response.end("ok"));
    const { port } = server;
    const reach = async (name: string, address: string, ...grants: string[]): Promise<string> => {
      const network = new TestNetwork({ [name]: [[address]] });
      return (await get({ grants: grants.map((grant) => `${grant}:${port}`), network }, `http://${name}:${port}/`))
        .kind;
    };

    expect(await reach("a.example", "127.0.0.1", "net:a.example")).toBe("denied");
    expect(await reach("a.example", "127.0.0.1", "net:a.example", "net:127.0.0.1")).toBe("ok");
    expect(await reach("a.example", "192.168.1.1", "net:a.example", "net:127.0.0.1")).toBe("denied");
    expect(await reach("a.example", "::1", "net:a.example", "net:[::1]")).toBe("ok");
    expect(await reach("localhost", "127.0.0.1", "net:localhost")).toBe("ok");
    expect(await reach("app.localhost", "::1", "net:app.localhost")).toBe("ok");
    expect(await reach("localhost", "10.0.0.1", "net:localhost")).toBe("denied");
    expect(await reach("localhost.a.example", "127.0.0.1", "net:localhost.a.example")).toBe("denied");
  });

  it.each([
    "169.254.169.254",
    "[fe80::1]",
    "[::ffff:169.254.169.254]",
    "0.0.0.0",
    "2852039166",
    "[64:ff9b::a9fe:a9fe]",
  ])("never reaches %s, granted or not (N3)", async (host) => {
    const network = new TestNetwork({ "a.example": [[host.replace(/^\[|\]$/g, "")]] });
    const grants = [`net:${host}`, "net:a.example"];

    expect(await get({ grants, network }, `http://${host}/latest/meta-data`)).toMatchObject({ kind: "denied" });
    expect(await get({ grants, network }, "http://a.example/")).toMatchObject({ kind: "denied" });
    expect(network.connected).toEqual([]);
  });

  it("cuts a body off at its limit (X3)", async () => {
    await using server = await TestServer.start((request, response) => {
      if (request.url === "/told") return response.end("x".repeat(1001));
      const more = (): void => {
        while (response.writable && response.write("x".repeat(64)));
        response.once("drain", more);
      };
      if (request.url === "/endless") return more();
      response.write("x".repeat(500));
      response.end("x".repeat(500));
    });
    const world = { grants: [`net:127.0.0.1:${server.port}`] };
    const ask = (path: string): Promise<{ kind: string; body: string }> =>
      call(world, "request", ["GET", `http://127.0.0.1:${server.port}${path}`, [], null, null, 1000]);

    expect(await ask("/told")).toMatchObject({ kind: "too-large" });
    expect(await ask("/endless")).toMatchObject({ kind: "too-large" });
    expect((await ask("/fits")).body).toHaveLength(1000);
  });

  it("leaves compressed what came compressed", async () => {
    const bomb = gzipSync(Buffer.alloc(1_000_000));
    await using server = await TestServer.start((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(bomb);
    });

    const found = await get({ grants: [`net:127.0.0.1:${server.port}`] }, `http://127.0.0.1:${server.port}`);

    expect(found.bytes).toEqual(new Uint8Array(bomb));
  });

  it.each(["/silent", "/slow", "/headers"])("ends when its time is over: %s (N5)", async (path) => {
    const network = new TestNetwork();
    await using server = await TestServer.start((request, response) => {
      if (request.url !== "/silent") response.writeHead(200, { "content-length": "10" });
      if (request.url === "/headers") response.flushHeaders();
      if (request.url === "/slow") response.write("x");
      for (const fire of network.timers) fire();
    });
    const { port } = server;

    const ended = await get({ grants: [`net:127.0.0.1:${port}`], network }, `http://127.0.0.1:${port}${path}`);

    expect(ended).toMatchObject({ kind: "timeout", message: `127.0.0.1:${port}: no whole response within 30000 ms` });
    expect(network.timers.size).toBe(0);
  });

  it("ends when its time is over before a name is known (N5)", async () => {
    const network = new TestNetwork();
    network.resolve = () => {
      for (const fire of network.timers) fire();
      return new Promise(() => {});
    };

    expect(await get({ grants: ["net:a.example"], network }, "http://a.example/")).toMatchObject({ kind: "timeout" });
  });

  it("ends with its instance, and leaves no connection (H6, X4)", async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const { promise: closed, resolve: close } = Promise.withResolvers<void>();
    await using server = await TestServer.start((request) => {
      request.socket.once("close", () => close());
      resolve();
    });
    const instance = await instanceOf({ grants: [`net:127.0.0.1:${server.port}`] });
    const running = Promise.resolve(instance.call("get", [`http://127.0.0.1:${server.port}`, []]));
    const failing = expect(running).rejects.toMatchObject({ code: "plugin-lost" });

    await asked;
    await instance[Symbol.asyncDispose]();

    await failing;
    await closed;
    expect(() => instance.call("get", ["http://a.example", []])).toThrow(
      expect.objectContaining({ code: "plugin-lost" }),
    );
  });

  it("tells what became of a connection, the same each time", async () => {
    const raw = createServer((socket) => {
      socket.once("data", (data) => {
        if (data.includes("/half")) socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        else if (data.includes("/twice"))
          socket.end("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab");
        else if (data.includes("/switch")) socket.end("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n");
        else if (data.includes("/none")) socket.end();
        else socket.end("SSH-2.0-x\r\n");
      });
    }).listen(0, "127.0.0.1");
    await once(raw, "listening");
    const { port } = raw.address() as AddressInfo;
    const at = `http://127.0.0.1:${port}`;
    const world = { grants: [`net:127.0.0.1:${port}`, "net:a.example"], network: new TestNetwork() };

    expect(await get(world, `${at}/half`)).toMatchObject({ kind: "failed" });
    expect(await get(world, `${at}/twice`)).toMatchObject({ kind: "failed" });
    expect(await get(world, `${at}/ssh`)).toMatchObject({ kind: "failed" });
    expect(await get(world, `${at}/none`)).toMatchObject({ kind: "unreachable" });
    expect(await get(world, `${at}/switch`)).toMatchObject({ kind: "failed" });
    raw.close();
    await once(raw, "close");
    expect(await get(world, at)).toMatchObject({ kind: "unreachable", message: `127.0.0.1:${port}: ECONNREFUSED` });
    expect(await get(world, "http://a.example")).toMatchObject({ message: "a.example: ENOTFOUND" });
  });

  it("asks by https for the name of the URL, at the address that was judged (X2)", async () => {
    const { promise: hello, resolve } = Promise.withResolvers<Buffer>();
    const raw = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (data) => {
        resolve(Buffer.from(data));
        socket.destroy();
      });
    }).listen(0, "127.0.0.1");
    await once(raw, "listening");
    const { port } = raw.address() as AddressInfo;
    const network = new TestNetwork({ "a.example": [[PUBLIC]] });

    const ended = await get({ grants: [`net:a.example:${port}`], network }, `https://a.example:${port}/path`);

    expect(ended).toMatchObject({ kind: "unreachable" });
    expect((await hello).includes("a.example")).toBe(true);
    expect((await hello).includes("/path")).toBe(false);
    expect(network.connected).toEqual([[PUBLIC]]);
    raw.close();
  });

  it("does not take an answer for another function's", async () => {
    await using instance = await instanceOf({ grants: [] });

    expect(() => instance.call("put", [])).toThrow(expect.objectContaining({ code: "unknown-function" }));
    expect(() => instance.call("get", ["http://a.example"])).toThrow(
      expect.objectContaining({ code: "type-mismatch" }),
    );
    expect(answered(await instance.call("get", ["http://a.example", []]))).toMatchObject({ kind: "denied" });
  });
});
