/** Forks, exports and imports through the API of a daemon over a real store; and runs that are removed while somebody waits. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { findDaemon } from "../../src/daemon/client.node.ts";
import type { Answered, DaemonClient } from "../../src/daemon/client.node.ts";
import { startDaemon } from "../../src/daemon/daemon.node.ts";
import type { Daemon } from "../../src/daemon/daemon.node.ts";
import { openKept } from "../../src/daemon/open.node.ts";
import { readPortable } from "../../src/engine/history/portable.ts";
import { sha256 } from "../../src/journal/sqlite/owned.node.ts";
import { readSqlite } from "../../src/journal/sqlite/sqlite-reader.node.ts";

const SAMPLES = fileURLToPath(new URL("../../plugins/samples", import.meta.url));

/** A daemon in this process. */
class There implements AsyncDisposable {
  readonly path: string;
  readonly store: string;
  readonly #daemon: Daemon;
  readonly client: DaemonClient;

  private constructor(path: string, daemon: Daemon, client: DaemonClient) {
    this.path = path;
    this.store = join(path, "runs.db");
    this.#daemon = daemon;
    this.client = client;
  }

  static async open(upload?: number): Promise<There> {
    const path = mkdtempSync(join(tmpdir(), "sennit-history-"));
    const store = join(path, "runs.db");
    const daemon = await startDaemon({
      store,
      open: (webhook) => openKept(store, { webhook, grants: [], note: () => {} }),
      version: "1",
      note: () => {},
      ...(upload === undefined ? {} : { limits: { upload, linger: 200 } }),
    });
    const client = await findDaemon(store);
    if (client === null) throw new Error("there is no daemon");
    return new There(path, daemon, client);
  }

  submit(id: string, source: string): Promise<Answered> {
    return this.client.ask("POST", "/v1/runs", { body: { file: join(this.path, "wf.sennit"), source, id } });
  }

  signal(id: string): Promise<Answered> {
    return this.client.ask("POST", `/v1/runs/${id}/signal`, { body: { name: "go", value: 1 } });
  }

  async ended(id: string): Promise<unknown> {
    return (await this.client.ask("GET", `/v1/runs/${id}/wait`))["ended"];
  }

  async printed(id: string): Promise<readonly unknown[]> {
    const lines: unknown[] = [];
    for await (const { text } of this.client.lines(`/v1/runs/${id}/logs`)) if (text !== undefined) lines.push(text);
    return lines;
  }

  /** Until it has printed so many lines. */
  async printing(id: string, count: number): Promise<void> {
    for await (const { text } of this.client.lines(`/v1/runs/${id}/logs?follow=1`)) {
      if (text !== undefined && --count === 0) return;
    }
  }

  async bytes(path: string): Promise<Buffer> {
    const { port, token } = this.client.place;
    const asked = request({ host: "127.0.0.1", port, path, headers: { Authorization: `Bearer ${token}` } }).end();
    const [answer] = (await once(asked, "response")) as [AsyncIterable<Buffer>];
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part);
    return Buffer.concat(parts);
  }

  import(bytes: Uint8Array, query = ""): Promise<Answered> {
    return this.client.ask("POST", `/v1/import${query}`, { bytes });
  }

  uploads(): readonly string[] {
    return readdirSync(this.path).filter((name) => name.includes(".upload-"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#daemon[Symbol.asyncDispose]();
    rmSync(this.path, { recursive: true, force: true });
  }
}

const COUNTS = `require increment from "./counter-lua"; print str(increment()); wait signal("go"); print str(increment());`;

describe("a backup", () => {
  it("is a store with what was durable, written while the daemon owns the first; nothing is written over", async () => {
    await using there = await There.open();
    await there.submit("a", "41 + 1;");
    await there.ended("a");
    const path = join(there.path, "copy.db");
    const body = { path };

    expect(await there.client.ask("POST", "/v1/backup", { body })).toEqual({ path });

    await expect(there.client.ask("POST", "/v1/backup", { body })).rejects.toMatchObject({ code: "file-exists" });
    const near = { path: "copy.db" };
    await expect(there.client.ask("POST", "/v1/backup", { body: near })).rejects.toMatchObject({ code: "bad-request" });
    using copy = readSqlite(path);
    expect(await copy.list({})).toMatchObject([{ id: "a", state: "done" }]);
    expect(await copy.verify()).toEqual([]);
  });
});

describe("a daemon", () => {
  let here: There;
  let there: There;
  beforeAll(async () => {
    [here, there] = await Promise.all([There.open(), There.open()]);
    cpSync(join(SAMPLES, "counter-lua"), join(here.path, "counter-lua"), { recursive: true });
  });
  afterAll(async () => {
    await here[Symbol.asyncDispose]();
    await there[Symbol.asyncDispose]();
  });

  it("exports a run with its packages, and another one goes on with it", async () => {
    await here.submit("a", COUNTS);
    await here.printing("a", 1);
    const bytes = await here.bytes("/v1/runs/a/export");
    const bare = await here.bytes("/v1/runs/a/export?packages=0");

    expect(readPortable(bytes, sha256).pack?.packages).toEqual(["counter-lua"]);
    expect(readPortable(bare, sha256).pack).toBeNull();
    expect(await there.import(bytes)).toMatchObject({ id: "a", runs: 1 });
    expect(await there.import(bytes, "?id=b")).toMatchObject({ id: "b" });
    await there.signal("a");
    expect(await there.ended("a")).toMatchObject({ state: "done" });
    expect(await there.printed("a")).toEqual(["1", "2"]);
    await expect(there.import(bytes)).rejects.toMatchObject({ code: "id-taken" });
    expect(await there.client.ask("GET", "/v1/runs/b")).toMatchObject({ run: { id: "b" } });
    expect(there.uploads()).toEqual([]);
  });

  it("forks a run, which goes on by itself", async () => {
    await here.submit("f", 'print "one"; wait signal("go"); print "two";');
    await here.printing("f", 1);
    const { entries } = (await here.client.ask("GET", "/v1/runs/f"))["run"] as { entries: number };
    const number = Array.from({ length: entries }, (_, at) => at + 1);
    const forked: Answered[] = [];
    for (const each of number.slice(0, 3)) {
      const body = { number: each, id: `f${each}` };
      forked.push(await here.client.ask("POST", "/v1/runs/f/fork", { body }).catch((why: unknown) => ({ why })));
    }
    const made = forked.find(({ id }) => id !== undefined);
    await here.signal(String(made?.["id"]));

    expect(await here.ended(String(made?.["id"]))).toEqual({ state: "done", value: null });
    expect(await here.printed(String(made?.["id"]))).toEqual(["one", "two"]);
    expect(await here.printed("f")).toEqual(["one"]);
  });

  it.each<[string, string, string, unknown, string]>([
    ["a fork of an unknown run", "POST", "/v1/runs/zz/fork", { number: 1 }, "unknown-run"],
    ["a fork of no step", "POST", "/v1/runs/f/fork", {}, "bad-request"],
    ["a fork of a step that is not there", "POST", "/v1/runs/f/fork", { number: 999 }, "unknown-step"],
    ["a fork with a bad id", "POST", "/v1/runs/f/fork", { number: 1, id: "a/b" }, "bad-id"],
    ["a fork of an id that is taken", "POST", "/v1/runs/f/fork", { number: 1, id: "a" }, "id-taken"],
    ["an export of an unknown run", "GET", "/v1/runs/zz/export", undefined, "unknown-run"],
    ["an import of JSON", "POST", "/v1/import", {}, "wrong-content-type"],
  ])("%s is refused", async (_, method, path, body, code) => {
    await expect(here.client.ask(method, path, body === undefined ? {} : { body })).rejects.toMatchObject({ code });
  });

  it.each([
    ["no run", "", new Uint8Array(1000), "import-invalid"],
    ["nothing", "", new Uint8Array(), "import-invalid"],
    ["a place that is relative", "?file=wf.sennit", new Uint8Array(), "bad-request"],
    ["grants that are no list", "?grants=run", new Uint8Array(), "bad-json"],
    ["grants that are no texts", "?grants=%5B1%5D", new Uint8Array(), "bad-request"],
    ["a query of its own", "?path=x", new Uint8Array(), "bad-request"],
  ])("an import of %s is refused, and nothing is left", async (_, query, bytes, code) => {
    await expect(here.import(bytes, query)).rejects.toMatchObject({ code });
    expect(here.uploads()).toEqual([]);
  });

  it("tells who follows or waits for a run that it was removed", async () => {
    await here.submit("gone", 'print "here"; wait signal("never");');
    await here.printing("gone", 1);
    const followed = (async () => {
      for await (const line of here.client.lines("/v1/runs/gone/logs?follow=1")) void line;
    })();
    const waited = here.ended("gone");
    const both = Promise.allSettled([followed, waited]);
    await here.client.ask("POST", "/v1/runs/gone/pause");
    await here.client.ask("DELETE", "/v1/runs/gone");

    for (const each of await both) {
      expect(each).toMatchObject({ status: "rejected", reason: { code: "run-removed" } });
    }
    await expect(here.ended("gone")).rejects.toMatchObject({ code: "unknown-run" });
  });

  it("tells where a run failed", async () => {
    await here.submit("fails", 'function f() {\n  raise "no";\n}\nf();');
    const error = {
      code: "raised",
      message: "no",
      trace: [
        { function: "f", file: join(here.path, "wf.sennit"), line: 2, package: null },
        { function: "main", line: 4 },
      ],
    };

    expect(await here.ended("fails")).toMatchObject({ state: "failed", error });
    expect(await here.client.ask("GET", "/v1/runs/fails")).toMatchObject({ run: { state: "failed", error } });
    expect(await here.client.ask("GET", "/v1/runs/a")).toMatchObject({ run: { error: null } });
  });
});

describe("a daemon that takes little", () => {
  it("refuses what is longer, said or not, and keeps nothing of what broke off (G1)", async () => {
    await using there = await There.open(1000);
    await expect(there.import(new Uint8Array(5000))).rejects.toMatchObject({ code: "body-too-large" });
    const { port, token } = there.client.place;
    const head = `POST /v1/import HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/octet-stream\r\n`;
    const told = async (send: string, ends: boolean): Promise<string> => {
      const socket = connect(port, "127.0.0.1");
      let text = "";
      socket.on("data", (part: Buffer) => (text += part.toString()));
      socket.on("error", () => {}); // a reset is also an end
      socket.write(head + send);
      if (ends) socket.end();
      await once(socket, "close");
      return text;
    };

    const chunk = `${(600).toString(16)}\r\n${"x".repeat(600)}\r\n`;
    expect(await told(`Transfer-Encoding: chunked\r\n\r\n${chunk}${chunk}0\r\n\r\n`, false)).toContain("413");
    await told("Content-Length: 500\r\n\r\nhalf", true);
    expect(await there.client.ask("GET", "/v1/status")).toMatchObject({ store: there.store });
    await vi.waitFor(() => expect(there.uploads()).toEqual([]));
  });
});
