/** The command with plugins that wait, that import, and that are heard. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Folder, samples } from "./sennit.ts";

const slow = fileURLToPath(new URL("../engine/fixtures/slow-python", import.meta.url));
const project = `[dependencies]\n"test:slow" = { path = ${JSON.stringify(slow)} }\n`;

/** A package that says something. In Lua: what a Python package says is heard in test/host, and its start is dear. */
const TALKS = {
  "talks/sennit.toml":
    '[package]\nname = "test:talks"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "talks.lua"\nwit = "talks.wit"\n',
  "talks/talks.wit": "package test:talks; world talks { export nap: func(milliseconds: u32) -> u32; }",
  "talks/talks.lua": 'return { nap = function(milliseconds) print("nap " .. milliseconds) return 1 end }',
};
const ENDED = { status: 0, stdout: "1\n", stderr: "" };

describe("sennit run with plugins", () => {
  it("is ended by Ctrl-C in the middle of a Python call: finally runs, exit 130, nothing left", async () => {
    using folder = new Folder({
      "sennit.toml": project,
      "a.sennit":
        'require "test:slow" as slow; try { slow.count(); print "in"; slow.spin(); } finally { print "out"; }',
    });
    const ended = await folder.sennit(["run", "a.sennit"], {
      onLine: (line, kill) => {
        if (line === "in") kill("SIGINT");
      },
    });

    expect(ended).toMatchObject({ status: 130, stdout: "in\nout\n" });
  });

  it("gives up on a plugin that never answers", async () => {
    using folder = new Folder({
      "sennit.toml": project,
      "a.sennit": 'require "test:slow" as slow; slow.count(); timeout (10ms) { slow.spin(); }',
    });
    const { status, stderr } = await folder.shared(["run", "a.sennit"]);

    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringMatching(/^error\[timeout\]/) });
  });

  it("exits 2 when nobody provides what a package imports", async () => {
    using folder = new Folder({
      "sennit.toml": `[dependencies]\n"sample:shout" = { path = ${JSON.stringify(`${samples}/imports-c`)} }\n`,
      "a.sennit": 'require "sample:shout" as s; print "ran"; s.shout("a");',
    });

    expect(await folder.shared(["run", "a.sennit"])).toEqual({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^error\[link-failed\]: sample:shout imports acme:text\/case@1\.0\.0/),
    });
  });
});

describe("sennit plugin inspect", () => {
  it("tells how a component is linked, and the colours of its functions", async () => {
    using folder = new Folder({});

    const shown = await folder.shared(["plugin", "inspect", `${samples}/imports-c`]);
    const json = await folder.shared(["plugin", "inspect", `${samples}/imports-c`, "--json"]);

    expect(shown.stdout).toContain("linked  directly\ncalls   wait when a provider does\n");
    expect(shown.stdout).toMatch(/^(?:imports| {7}) as its provider {2}acme:text\/case@1\.0\.0#upper$/m);
    expect(JSON.parse(json.stdout)).toMatchObject({
      linked: { path: "direct", reason: null },
      colours: { imports: { "acme:text/case@1.0.0#upper": "provider" }, exports: "provider", asyncExports: [] },
    });
  });

  it("tells that the host may make a callback's caller wait, and that Python always waits", async () => {
    using folder = new Folder({});

    const callback = await folder.shared(["plugin", "inspect", `${samples}/callback-rust`, "--json"]);
    const python = await folder.shared(["plugin", "inspect", `${samples}/counter-python`, "--json"]);

    expect(JSON.parse(callback.stdout)).toMatchObject({ colours: { exports: "async" } });
    expect(JSON.parse(python.stdout)).toMatchObject({ linked: null, colours: { imports: {}, exports: "async" } });
  });
});

describe("sennit plugin call", () => {
  it("says that it calls a package by itself when that one has imports", async () => {
    using folder = new Folder({});
    const { status, stderr } = await folder.shared(["plugin", "call", `${samples}/imports-c`, "shout", "hey"]);

    expect(status).toBe(2);
    expect(stderr).toMatch(/^error\[link-failed\]: .*acme:text\/case@1\.0\.0#upper/);
    expect(stderr).toContain("Hint: `plugin call` calls a package by itself");
  });

  it("shows what a package says only when that was granted", async () => {
    using folder = new Folder(TALKS);

    expect(await folder.shared(["plugin", "call", "talks", "nap", "1"])).toEqual(ENDED);
    expect(await folder.shared(["plugin", "call", "talks", "nap", "1", "--grant", "log"])).toEqual({
      ...ENDED,
      stderr: "info test:talks: nap 1\n",
    });
  });
});
