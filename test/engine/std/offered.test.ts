/** The provider of one package: requests, variables, secrets, the time, chance and commands under its grants. */
import { describe, expect, it } from "vitest";
import { Grants } from "../../../src/engine/load/grants.ts";
import { nodeShell } from "../../../src/engine/platform/shell.node.ts";
import { offeredKey, offeredPlugin } from "../../../src/engine/std/offered.node.ts";
import type { OfferPorts } from "../../../src/engine/std/offered.node.ts";
import { OFFERS } from "../../../src/host/offers.ts";
import type { OfferName } from "../../../src/host/offers.ts";
import type { Instance } from "../../../src/host/plugin.ts";
import { checkValue } from "../../../src/wit/validate.ts";
import type { CaseValue, Value } from "../../../src/wit/value.ts";
import { bearer, plain, TestNetwork, TestServer } from "./http-server.ts";

const SECRET = "tok-44b1f09c7d";
const PUBLIC = "93.184.215.14";
const VARIABLES: Readonly<Record<string, string>> = {
  PLACE: "Graz",
  EMPTY: "",
  PATH: process.env["PATH"] ?? "",
  OTHER: SECRET,
};

class Offered implements AsyncDisposable {
  readonly grants: Grants = new Grants();
  readonly looked: string[] = [];
  readonly #instance: Instance;

  private constructor(instance: Instance, grants: Grants, looked: string[]) {
    this.#instance = instance;
    this.grants = grants;
    this.looked = looked;
  }

  static async start(granted: readonly string[], network?: TestNetwork): Promise<Offered> {
    const grants = new Grants();
    for (const each of granted) grants.add("a:b", each);
    for (const kind of ["env:OTHER", "net:a.example", "clock:live", "random:live", "run", "secret:TOKEN", "fs:."])
      grants.add("program", kind); // which is nothing to the package
    const looked: string[] = [];
    const ports: OfferPorts = {
      holder: "a:b",
      isGranted: (want) => grants.allows("a:b", want),
      granted: () => grants.of("a:b"),
      folder: import.meta.dirname,
      files: () => [],
      variable: (name) => (looked.push(name), VARIABLES[name]),
      secret: (name) => (looked.push(name), name === "TOKEN" ? SECRET : undefined),
      shell: (env) => nodeShell(import.meta.dirname, env),
      now: () => 1_700_000_000_000.75,
      elapsed: () => 1234.9,
      ...(network === undefined ? {} : { network }),
    };
    const instance = await offeredPlugin(Object.keys(OFFERS) as OfferName[], ports).instantiate({
      id: 1,
      imports: new Map(),
      seed: new Uint8Array(32),
      now: () => 0,
      sleep: () => Promise.resolve(),
      log: () => {},
    });
    return new Offered(instance, grants, looked);
  }

  /** A payload, or `case: text` of an error. What comes back is of its type. */
  async ask(name: OfferName, fn: string, ...args: readonly Value[]): Promise<Value> {
    const answer = (await this.#instance.call(offeredKey(name, fn), args)) as CaseValue;
    const type = OFFERS[name].interface.functions.get(fn)?.result;
    if (type?.kind !== "result" || type.err?.kind !== "variant") throw new Error(`${fn} has no result`);
    checkValue(type, answer, fn);
    if (answer.index === 0) return answer.payload;
    const { index, payload } = answer.payload as CaseValue;
    return `${type.err.cases[index]?.name}: ${String(payload)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#instance[Symbol.asyncDispose]();
  }
}

interface Extra {
  readonly method?: string;
  readonly headers?: Value;
  readonly body?: Value;
  readonly timeout?: Value;
  readonly limit?: Value;
  readonly redirects?: Value;
}

function request(url: string, extra: Extra = {}): Value {
  const { method = "GET", headers = [], body = null, timeout = null, limit = null, redirects = null } = extra;
  return [method, url, headers, body, timeout, limit, redirects];
}

/** The status of a response, the first of a list. */
function first(value: Value): Value | undefined {
  return Array.isArray(value) ? (value as readonly Value[])[0] : value;
}

describe("sennit:host/http", () => {
  it("follows as many redirects as it is told, under the grants (N1)", async () => {
    await using server = await TestServer.start((asked, response) => {
      const left = Number(asked.url?.slice(1));
      if (left > 0) response.writeHead(302, { location: `/${left - 1}` }).end(`at ${left}`);
      else response.end("end");
    });
    const at = `http://127.0.0.1:${server.port}`;
    await using offered = await Offered.start([`net:127.0.0.1:${server.port}`]);
    const send = (redirects: Value, from: number): Promise<Value> =>
      offered.ask("http", "send", request(`${at}/${from}`, { redirects }));

    expect(await send(null, 5)).toMatchObject([200, `${at}/0`, expect.anything(), new TextEncoder().encode("end")]);
    expect(await send(0, 2)).toMatchObject([
      302,
      `${at}/2`,
      expect.arrayContaining([["location", "/1"]]),
      new TextEncoder().encode("at 2"),
    ]);
    expect(first(await send(1, 1))).toBe(200);
    expect(await send(1, 2)).toBe(`failed: 127.0.0.1:${server.port}: more than 1 redirects`);
    expect(await send(255, 6)).toBe(`failed: 127.0.0.1:${server.port}: more than 5 redirects`);
  });

  it("sends what it is given, and takes no more than it is told", async () => {
    await using server = await TestServer.start((_, response) => response.end("x".repeat(100)));
    const url = `http://127.0.0.1:${server.port}/`;
    const network = new TestNetwork();
    await using offered = await Offered.start([`net:127.0.0.1:${server.port}`, "secret:TOKEN"], network);
    const headers = [
      ["x-a", plain("1")],
      ["authorization", bearer("TOKEN")],
    ];

    const sent = request(url, {
      method: "put",
      headers,
      body: new TextEncoder().encode("body"),
      timeout: 5,
      limit: 100,
    });
    expect(first(await offered.ask("http", "send", sent))).toBe(200);
    expect(server.seen[0]).toMatchObject({
      method: "PUT",
      body: "body",
      headers: { "x-a": "1", authorization: `Bearer ${SECRET}` },
    });
    expect(await offered.ask("http", "send", request(url, { limit: 99 }))).toBe(
      `too-large: 127.0.0.1:${server.port}: the body has more than 99 bytes`,
    );
    expect(await offered.ask("http", "send", request(url, { body: new Uint8Array(1) }))).toBe(
      "invalid: GET takes no body",
    );
    expect(await offered.ask("http", "get", url, [["Host", plain("evil")]])).toMatch(/^invalid: /);
  });

  it("judges addresses as std:http does: rebinding, private and link-local ones (N2, N3)", async () => {
    const network = new TestNetwork({
      "a.example": [[PUBLIC], ["127.0.0.1"], ["169.254.169.254"], ["10.0.0.1"]],
      "b.example": [[PUBLIC]],
    });
    await using server = await TestServer.start((_, response) => response.end("ok"));
    const { port } = server;
    await using offered = await Offered.start([`net:a.example:${port}`, "net:169.254.169.254"], network);
    const get = (host: string): Promise<Value> => offered.ask("http", "get", `http://${host}:${port}/`, []);

    expect(first(await get("a.example"))).toBe(200);
    expect(await get("a.example")).toBe(
      `denied: a.example:${port}: it leads to 127.0.0.1, which is local and needs a grant of its own (--grant a:b=net:127.0.0.1:${port})`,
    );
    expect(await get("a.example")).toMatch(/^denied: .* which is never reached$/);
    expect(await get("a.example")).toMatch(/^denied: .* 10\.0\.0\.1, which is local/);
    expect(await get("b.example")).toBe(
      `denied: b.example:${port}: no grant covers it (--grant a:b=net:b.example:${port})`,
    );
    expect(await offered.ask("http", "get", "http://169.254.169.254/", [])).toMatch(/^denied: /);
    expect(network.lookups).toEqual(Array(4).fill("a.example"));
    expect(network.connected).toEqual([[PUBLIC]]);
  });

  it("is denied from the next request on when the grant is taken back (V1)", async () => {
    await using server = await TestServer.start((_, response) => response.end("ok"));
    const url = `http://127.0.0.1:${server.port}/`;
    await using offered = await Offered.start([`net:127.0.0.1:${server.port}`]);

    expect(first(await offered.ask("http", "get", url, []))).toBe(200);
    offered.grants.revoke("a:b", { kind: "net", host: "127.0.0.1", port: server.port });
    expect(await offered.ask("http", "get", url, [])).toMatch(/^denied: .*--grant a:b=net:/);
    expect(server.seen).toHaveLength(1);
  });
});

describe("the other interfaces", () => {
  it("deny everything without a grant of the package's own, and look at nothing (V1, V2)", async () => {
    await using offered = await Offered.start(["log"]);

    expect(await offered.ask("env", "get", "OTHER")).toBe(
      'denied: the variable "OTHER" was not granted (--grant a:b=env:OTHER)',
    );
    expect(await offered.ask("env", "get", "A=B\n")).toBe(
      'denied: the variable "A=B\\n" was not granted (--grant a:b=env:<NAME>)',
    );
    expect(await offered.ask("secrets", "is-set", "TOKEN")).toMatch(/^denied: .*--grant a:b=secret:TOKEN/);
    expect(await offered.ask("clock", "now-live")).toMatch(/^denied: .*--grant a:b=clock:live/);
    expect(await offered.ask("clock", "elapsed-live")).toMatch(/^denied: /);
    expect(await offered.ask("random", "live-bytes", 1)).toMatch(/^denied: .*--grant a:b=random:live/);
    expect(await offered.ask("run", "command", ["cat"], new Uint8Array())).toMatch(/^denied: .*--grant a:b=run:cat/);
    expect(await offered.ask("run", "command", [], new Uint8Array())).toMatch(/^denied: .*--grant a:b=run:<command>/);
    expect(offered.looked).toEqual([]);
  });

  it("give variables by name, and of secrets whether they are there", async () => {
    await using offered = await Offered.start(["env:PLACE", "env:EMPTY", "env:NONE", "secret:TOKEN", "secret:NONE"]);

    expect(await Promise.all(["PLACE", "EMPTY", "NONE"].map((name) => offered.ask("env", "get", name)))).toEqual([
      "Graz",
      "",
      null,
    ]);
    expect(await offered.ask("env", "get", "TOKEN")).toMatch(/^denied: /);
    expect(await offered.ask("secrets", "is-set", "TOKEN")).toBe(true);
    expect(await offered.ask("secrets", "is-set", "NONE")).toBe(false);
  });

  it("give the time in whole milliseconds, and chance in measure", async () => {
    await using offered = await Offered.start(["clock:live", "random:live"]);

    expect(await offered.ask("clock", "now-live")).toBe(1_700_000_000_000_000_000n);
    expect(await offered.ask("clock", "elapsed-live")).toBe(1_234_000_000);
    const [a, b] = [await offered.ask("random", "live-bytes", 32), await offered.ask("random", "live-bytes", 32)];
    expect(a).toHaveLength(32);
    expect(a).not.toEqual(b);
    expect(await offered.ask("random", "live-bytes", 0)).toEqual(new Uint8Array());
    expect(await offered.ask("random", "live-bytes", 65_536)).toHaveLength(65_536);
    expect(await offered.ask("random", "live-bytes", 4_294_967_295)).toMatch(/^invalid: /);
  });

  it("run the commands that were granted, with their arguments as they are and few variables (V3)", async () => {
    await using offered = await Offered.start(["run:node", "run:none-such", "env:PLACE"]);
    const node = (code: string, ...args: readonly string[]): Promise<Value> =>
      offered.ask("run", "command", ["node", "-e", code, ...args], new TextEncoder().encode("input"));

    expect(
      await node("process.stdin.pipe(process.stdout); process.exitCode = 3; console.error(process.argv[1])", "$(x) *"),
    ).toEqual([3, "input", "$(x) *\n"]);
    const env = await node("console.log(JSON.stringify(process.env))");
    expect(env).toMatchObject([0, expect.stringContaining("Graz"), ""]);
    expect(JSON.stringify(env)).not.toContain(SECRET);
    expect(await offered.ask("run", "command", ["none-such"], new Uint8Array())).toMatch(/^failed: .*no such command/);
    expect(await offered.ask("run", "command", ["node", "a\0b"], new Uint8Array())).toMatch(/^invalid: /);
    expect(await offered.ask("run", "command", ["./node"], new Uint8Array())).toMatch(/^denied: /);
    expect(await offered.ask("run", "command", ["sh", "-c", "node"], new Uint8Array())).toMatch(/^denied: /);
  });

  it("end what they run with their instance", async () => {
    const offered = await Offered.start(["run:node"]);
    const code = "process.stdout.write('x'); setInterval(() => {}, 1000)";
    const running = offered.ask("run", "command", ["node", "-e", code], new Uint8Array());
    const failing = expect(running).rejects.toMatchObject({ code: "plugin-lost" });

    await offered[Symbol.asyncDispose]();

    await failing;
  });
});
