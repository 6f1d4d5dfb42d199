/** A daemon over a real store, in this process, and its client: found by its file, lost, found again. */
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, vi } from "vitest";
import { followRun } from "../../src/cli/commands/followed-run.node.ts";
import { findDaemon } from "../../src/daemon/client.node.ts";
import type { DaemonClient } from "../../src/daemon/client.node.ts";
import { startDaemon } from "../../src/daemon/daemon.node.ts";
import type { Daemon, DaemonOptions } from "../../src/daemon/daemon.node.ts";
import { openKept } from "../../src/daemon/open.node.ts";
import { placeFile, readPlace } from "../../src/daemon/place.node.ts";

class Folder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "sennit-daemon-"));
  readonly store: string = join(this.path, "runs.db");
  readonly notes: string[] = [];

  start(options: Partial<DaemonOptions> = {}): Promise<Daemon> {
    const note = (line: string): void => void this.notes.push(line);
    return startDaemon({
      store: this.store,
      open: (webhook) => openKept(this.store, { webhook, grants: [], note }),
      version: "1",
      note,
      ...options,
    });
  }

  async client(): Promise<DaemonClient> {
    const client = await findDaemon(this.store);
    if (client === null) throw new Error("there is no daemon");
    return client;
  }

  submission(source: string): Readonly<Record<string, string>> {
    return { file: join(this.path, "wf.sennit"), source };
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

describe("a daemon", () => {
  it("runs what is submitted, and tells its end", async () => {
    using folder = new Folder();
    await using daemon = await folder.start();
    const client = await folder.client();
    const body = { ...folder.submission("param n: Int; n * 2;"), id: "a", texts: ["n=21"] };

    expect(await client.ask("POST", "/v1/runs", { body })).toEqual({ id: "a", isNew: true });
    expect(await client.ask("GET", "/v1/runs/a/wait")).toEqual({ ended: { state: "done", value: 42 } });
    expect(await client.ask("GET", "/v1/status")).toMatchObject({ pid: process.pid, url: daemon.url, stale: [] });
  });

  it("begins a run once, however many submit it at once", async () => {
    using folder = new Folder();
    await using daemon = await folder.start();
    void daemon;
    const client = await folder.client();
    const body = { ...folder.submission('print "once";'), id: "a" };
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.ask("POST", "/v1/runs", { body })));
    await client.ask("GET", "/v1/runs/a/wait");
    const shown: unknown[] = [];
    for await (const line of client.lines("/v1/runs/a/logs")) shown.push(line["text"]);

    expect(answers.filter(({ isNew }) => isNew === true)).toHaveLength(1);
    expect(shown).toEqual(["once", undefined]);
    const other = { ...body, source: "2;" };
    await expect(client.ask("POST", "/v1/runs", { body: other })).rejects.toMatchObject({ code: "id-taken" });
  });

  it("refuses a program with mistakes with its diagnostics", async () => {
    using folder = new Folder();
    await using daemon = await folder.start();
    const headers = { Authorization: `Bearer ${daemon.place.token}`, "Content-Type": "application/json" };
    const body = JSON.stringify(folder.submission("print nothing;"));
    const answer = await fetch(`${daemon.url}/v1/runs`, { method: "POST", headers, body });

    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      error: { code: "refused", diagnostics: [{ code: "unknown-name", severity: "error", line: 1, column: 7 }] },
    });
  });

  it("gives webhooks that wake their run, also after it was started again, at the same address", async () => {
    using folder = new Folder();
    const source = "hook = webhook(); print hook.url; x = await hook; x;";
    const first = await folder.start();
    const before = await folder.client();
    await before.ask("POST", "/v1/runs", { body: { ...folder.submission(source), id: "a" } });
    const lines = before.lines("/v1/runs/a/logs?follow=1");
    const { text } = (await lines.next()).value as { text: string };
    await lines.return(undefined);
    await first[Symbol.asyncDispose]();

    await using second = await folder.start();
    expect(text).toMatch(new RegExp(`^${second.url}/hooks/.+`));
    const posted = await fetch(text, { method: "POST", headers: { "Content-Type": "application/json" }, body: "17" });
    expect([posted.status, await posted.json()]).toEqual([200, { accepted: true }]);
    const client = await folder.client();
    expect(await client.ask("GET", "/v1/runs/a/wait")).toEqual({ ended: { state: "done", value: 17 } });
  });

  it("warns once a package on disk is not what runs, and takes it up when it is told to", async () => {
    using folder = new Folder();
    const pack = join(folder.path, "counter");
    cpSync(fileURLToPath(new URL("../../plugins/samples/counter-lua", import.meta.url)), pack, { recursive: true });
    writeFileSync(join(folder.path, "sennit.toml"), `[dependencies]\n"sample:counter-lua" = { path = "counter" }\n`);
    await using daemon = await folder.start();
    void daemon;
    const client = await folder.client();
    const warnings: string[] = [];
    client.onWarning = (text) => warnings.push(text);
    const value = async (id: string): Promise<unknown> => {
      const body = { ...folder.submission('require "sample:counter-lua" as c;\nc.increment();'), id };
      await client.ask("POST", "/v1/runs", { body });
      return (await client.ask("GET", `/v1/runs/${id}/wait`))["ended"];
    };
    expect([await value("a"), warnings]).toEqual([{ state: "done", value: 1 }, []]);

    const code = join(pack, "counter.lua");
    writeFileSync(code, readFileSync(code, "utf8").replace("count = count + 1", "count = count + 10"));
    expect(await value("b")).toEqual({ state: "done", value: 1 });
    await vi.waitFor(async () => {
      await client.ask("GET", "/v1/status");
      expect(warnings).toEqual([expect.stringContaining("sample:counter-lua")]);
    }, 30_000); // files are looked at now and then
    expect(await client.ask("POST", "/v1/reload")).toEqual({ changed: ["sample:counter-lua"] });
    expect(await value("c")).toEqual({ state: "done", value: 10 });
    expect((await client.ask("GET", "/v1/status"))["warnings"]).toBeUndefined();
  });

  it("is followed across a restart, every line once", async () => {
    using folder = new Folder();
    const first = await folder.start();
    const client = await folder.client();
    const source = 'print "one"; x = wait signal("go"); print "two";';
    await client.ask("POST", "/v1/runs", { body: { ...folder.submission(source), id: "a" } });
    const shown: string[] = [];
    const one = Promise.withResolvers<void>();
    const following = followRun({
      client,
      store: folder.store,
      id: "a",
      signal: new AbortController().signal,
      shown: (event) => {
        if (event.kind === "print") shown.push(event.text);
        one.resolve();
      },
    });
    await one.promise;
    await first[Symbol.asyncDispose]();
    await using second = await folder.start();
    await (await folder.client()).ask("POST", "/v1/runs/a/signal", { body: { name: "go" } });
    await following;

    expect(shown).toEqual(["one", "two"]);
    expect(second.place.token).not.toBe(first.place.token);
  });

  it("owns its store alone, and says so", async () => {
    using folder = new Folder();
    await using daemon = await folder.start();

    await expect(folder.start()).rejects.toMatchObject({ code: "store-locked" });
    expect((await folder.client()).url).toBe(daemon.url);
  });

  it("says when its port is taken; the port of before it only prefers", async () => {
    using folder = new Folder();
    await (await folder.start())[Symbol.asyncDispose]();
    const { port } = JSON.parse(readFileSync(placeFile(folder.store), "utf8")) as { port: number };
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");

    await expect(folder.start({ port })).rejects.toMatchObject({ code: "port-taken" });
    await using daemon = await folder.start();
    expect(daemon.place.port).not.toBe(port);
    other.close();
  });
});

describe("its file", () => {
  it("is its user's alone (W1), and nobody's when it has stopped", async () => {
    using folder = new Folder();
    const daemon = await folder.start();
    expect(statSync(placeFile(folder.store)).mode & 0o777).toBe(0o600);

    await daemon[Symbol.asyncDispose]();
    expect(readPlace(folder.store)).toBeNull();
    expect(await findDaemon(folder.store)).toBeNull();
  });

  it.runIf(process.getuid !== undefined)("is not believed when others may write it (W2)", async () => {
    using folder = new Folder();
    await using daemon = await folder.start();
    void daemon;
    chmodSync(placeFile(folder.store), 0o666);

    await expect(findDaemon(folder.store)).rejects.toMatchObject({ code: "daemon-file-foreign" });
  });

  it.each([
    ["no JSON", "{"],
    ["another thing", "[]"],
    ["a port that is none", '{"pid":1,"port":0,"token":"x"}'],
  ])("with %s in it is as good as none", async (_, text) => {
    using folder = new Folder();
    writeFileSync(placeFile(folder.store), text, { mode: 0o600 });

    expect(await findDaemon(folder.store)).toBeNull();
    await using daemon = await folder.start();
    expect((await folder.client()).url).toBe(daemon.url);
  });

  it("of a daemon that died is not taken for one, and whoever has its port now never sees the token (P1)", async () => {
    using folder = new Folder();
    const seen: (string | undefined)[] = [];
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('{"proof":"00"}');
    }).listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const place = { pid: process.pid, port, token: "a1".repeat(32), started: 1, version: "1" };
    writeFileSync(placeFile(folder.store), JSON.stringify(place), { mode: 0o600 });

    expect(await findDaemon(folder.store)).toBeNull();
    expect(seen).toEqual([undefined]);
    other.closeAllConnections();
    other.close();
  });

  it("of one that does not answer is an error of its own (C2)", async () => {
    using folder = new Folder();
    const other = createServer(() => {}).listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const place = { pid: process.pid, port, token: "a1".repeat(32), started: 1, version: "1" };
    writeFileSync(placeFile(folder.store), JSON.stringify(place), { mode: 0o600 });

    await expect(findDaemon(folder.store, 50)).rejects.toMatchObject({ code: "daemon-silent" });
    other.closeAllConnections();
    other.close();
  });

  it("names no daemon when there is no file", async () => {
    using folder = new Folder();

    expect(existsSync(placeFile(folder.store))).toBe(false);
    expect(await findDaemon(folder.store)).toBeNull();
  });
});
