import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { beginRun, resumeRun } from "../../../../src/engine/durable/durable-run.ts";
import { loadProgram } from "../../../../src/engine/load/load.node.ts";
import type { LoadedProgram } from "../../../../src/engine/load/loaded.ts";
import type { HostFunction } from "../../../../src/engine/load/packages.node.ts";
import type { CallContext } from "../../../../src/host/javascript/plugin.ts";
import { openSqlite } from "../../../../src/journal/sqlite/sqlite-store.node.ts";
import { temporaryFolder } from "../../../host/temporary.ts";
import { TestServer } from "../../std/http-server.ts";
import { portsOf, runWithCrashes } from "../crash.ts";
import { entriesOf } from "../history.ts";

const FILE = fileURLToPath(new URL("../program.sennit", import.meta.url));

const SAMPLES = "../../../plugins/samples";

interface World {
  readonly grants?: readonly string[];
  readonly functions?: Readonly<Record<string, HostFunction>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** In a run worker. */
  readonly besideVm?: boolean;
}

async function loaded(text: string, world: World): Promise<LoadedProgram> {
  const { grants = [], functions = {}, secrets = {}, besideVm = false } = world;
  const request = { file: FILE, text, functions, wit: undefined, grants, secrets, besideVm, warn: () => {} };
  const found = await loadProgram(request);
  if (!found.ok) throw new Error(found.diagnostics.map(({ code }) => code).join());
  return found.program;
}

/** A shop that takes an order of one key once, and answers how many it has. Every so often it is too busy. */
class Shop implements AsyncDisposable {
  readonly orders: string[] = [];
  readonly keys: (string | undefined)[] = [];
  readonly #server: TestServer;

  private constructor(server: TestServer) {
    this.#server = server;
  }

  static async open(busy: (count: number) => Readonly<Record<string, string>> | null = () => null): Promise<Shop> {
    const server = await TestServer.start((request, response, body) => {
      const key = request.headers["idempotency-key"]?.toString();
      shop.keys.push(key);
      const headers = busy(shop.keys.length);
      if (headers !== null) return void response.writeHead(503, { ...headers }).end("busy");
      if (key === undefined || !shop.#known.has(key)) shop.orders.push(body);
      const answer = (key === undefined ? undefined : shop.#known.get(key)) ?? String(shop.orders.length);
      if (key !== undefined) shop.#known.set(key, answer);
      response.end(answer);
    });
    const shop = new Shop(server);
    return shop;
  }

  readonly #known = new Map<string, string>();

  get url(): string {
    return `http://localhost:${this.#server.port}/`;
  }

  get grants(): readonly string[] {
    return [`net:localhost:${this.#server.port}`];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]();
  }
}

const KEYED = '["idempotency-key": plain("")]';

function orders(url: string, headers: string): string {
  return `require "std:http" as http;
    for name in ["a", "b", "c"] {
      try { print text(http.post("${url}", ${headers}, bytes(name)).body); } catch (e) { print e.code; }
    }`;
}

describe("a request of a durable run", () => {
  it("that asks for a key is known again by its server, wherever the run is cut off", async () => {
    await using first = await Shop.open();
    await using program = await loaded(orders(first.url, KEYED), first);
    const whole = await runWithCrashes(() => program, { lives: [], survives: 0 });
    expect(whole.lines).toEqual(["1", "2", "3"]);
    expect(new Set(first.keys).size).toBe(3);
    for (let at = 1; at < whole.commits; at++) {
      await using shop = await Shop.open();
      await using again = await loaded(orders(shop.url, KEYED), shop);
      const cut = await runWithCrashes(() => again, { lives: [at, 2], survives: at % 3 });
      expect(cut.lines).toEqual(whole.lines);
      expect(shop.orders).toEqual(["a", "b", "c"]);
      expect(new Set(shop.keys)).toEqual(new Set(first.keys)); // told by the run and the place alone
    }
  });

  it("has the same key where the run is in a worker, which asks this thread for it", async () => {
    const keys: unknown[] = [];
    for (const besideVm of [false, true]) {
      await using shop = await Shop.open();
      const functions = {
        told(this: CallContext) {
          keys.push(this.key);
          return 0;
        },
      };
      const text = `require told; told(); require "${SAMPLES}/counter-lua" as counter; counter.increment();
        ${orders(shop.url, KEYED)}`;
      await using program = await loaded(text, { grants: shop.grants, functions, besideVm });
      expect(program.elsewhere === undefined).toBe(!besideVm);
      const { lines } = await runWithCrashes(() => program, { lives: [], survives: 0 });
      expect(lines).toEqual(["1", "2", "3"]);
      keys.push(...shop.keys);
    }
    expect(keys.slice(4)).toEqual(keys.slice(0, 4));
  });

  it("that asks for none is made once at most, and the program is told where nobody knows", async () => {
    let uncertain = 0;
    for (let at = 1; at < 9; at++) {
      await using shop = await Shop.open();
      await using program = await loaded(orders(shop.url, "[:]"), shop);
      const { lines, store } = await runWithCrashes(() => program, { lives: [at], survives: 0 });
      const asked = (await entriesOf(store)).filter((entry) => entry.kind === "REQ");
      expect(asked.map((entry) => entry.kind === "REQ" && entry.class)).toEqual(["once", "once", "once"]);
      expect(shop.orders.length).toBeLessThanOrEqual(3);
      uncertain += lines.filter((line) => line === "uncertain").length;
    }
    expect(uncertain).toBeGreaterThan(0);
  });

  it.each([
    ['"GET"', "nil", "read"],
    ['"PUT"', 'bytes("x")', "idempotent"],
    ['"DELETE"', "nil", "idempotent"],
    ['"PATCH"', 'bytes("x")', "once"],
  ])("with the method %s has a class of its own", async (method, body, expected) => {
    await using shop = await Shop.open();
    const text = `require "std:http" as http; print http.request(${method}, "${shop.url}", [:], ${body}, nil, nil).status;`;
    await using program = await loaded(text, shop);
    const { lines, store } = await runWithCrashes(() => program, { lives: [], survives: 0 });
    expect(lines).toEqual(["200"]);
    expect((await entriesOf(store)).find((entry) => entry.kind === "REQ")).toMatchObject({ class: expected });
  });

  it("is made again as a part of its effect while its server is busy, with its key, unless it may be made once only", async () => {
    await using busy = await Shop.open((count) => (count < 3 ? { "retry-after": "0" } : null));
    await using program = await loaded(orders(busy.url, KEYED), busy);
    const { lines } = await runWithCrashes(() => program, { lives: [], survives: 0 });
    expect(lines).toEqual(["1", "2", "3"]);
    expect(busy.keys).toHaveLength(5);
    expect(new Set(busy.keys).size).toBe(3);

    await using other = await Shop.open(() => ({}));
    await using once = await loaded(orders(other.url, "[:]"), other);
    expect((await runWithCrashes(() => once, { lives: [], survives: 0 })).lines).toEqual(["busy", "busy", "busy"]);
    expect(other.keys).toHaveLength(3);
  });

  it("keeps its key in a retry, unless a fresh one is asked for", async () => {
    for (const [fresh, count] of [
      [false, 1],
      [true, 2],
    ] as const) {
      await using shop = await Shop.open();
      const text = `require "std:http" as http; n = 0;
        retry (times: 2, backoff: 1ms, fresh_key: ${fresh}) {
          http.post("${shop.url}", ${KEYED}, bytes("x")); n = n + 1; if (n < 2) { raise "again"; }
        };`;
      await using program = await loaded(text, shop);
      await runWithCrashes(() => program, { lives: [], survives: 0 });
      expect([shop.keys.length, shop.orders.length]).toEqual([2, count]);
    }
  });

  it("sends a secret that is in no file of the store, and in no message", async () => {
    const secret = "s3cr3t-value-of-a-token";
    await using server = await TestServer.start((request, response) => {
      if (request.headers.authorization !== `Bearer ${secret}`) return void response.writeHead(401).end();
      response.end(request.url === "/echo" ? `you sent ${secret}` : "welcome");
    });
    const at = `http://localhost:${server.port}`;
    const text = `require "std:http" as http;
      print text(http.get("${at}/", ["authorization": bearer("TOKEN")]).body);
      try { http.get("${at}/echo", ["authorization": bearer("TOKEN")]); } catch (e) { print e.message; }`;
    await using folder = await temporaryFolder();
    const grants = [`net:localhost:${server.port}`, "secret:TOKEN"];
    await using program = await loaded(text, { grants, secrets: { TOKEN: secret } });
    {
      await using store = await openSqlite(join(folder.path, "runs.db"));
      const seed = new Uint8Array(32);
      await beginRun(store, program, {
        id: "r",
        name: "",
        source: text,
        function: 0,
        args: [],
        seed,
        grants,
        created: 0,
      });
      await resumeRun(store, program, "r", portsOf(), { grants: { allowsCommand: () => false } });
      const entries = (await store.read("r", 1)).map(({ bytes }) => Buffer.from(bytes).toString("latin1")).join();
      expect(entries).toContain("welcome");
      expect(entries).toContain("TOKEN");
      expect(entries).toContain("repeats the secret");
    }
    for (const name of await readdir(folder.path)) {
      expect((await readFile(join(folder.path, name))).includes(secret), name).toBe(false);
    }
  });
});

describe("a function of the embedding program", () => {
  it("finds the key of its effect, and whether somebody waits for it", async () => {
    const seen: CallContext[] = [];
    const functions = {
      charge(this: CallContext, amount: number) {
        seen.push(this);
        return amount + 1;
      },
    };
    await using program = await loaded("require charge; print charge(1); print charge(2);", { functions });
    const whole = await runWithCrashes(() => program, { lives: [], survives: 0 });
    expect(whole.lines).toEqual(["2", "3"]);
    expect(seen.map(({ key }) => /^[0-9a-f]{32}$/u.test(key ?? ""))).toEqual([true, true]);
    expect(seen[0]?.key).not.toBe(seen[1]?.key);
    expect(seen[0]?.signal?.aborted).toBe(false);
  });
});
