import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { TestServer } from "../engine/std/http-server.ts";
import { Folder } from "./sennit.ts";

const command = fileURLToPath(new URL("../../bin/sennit.js", import.meta.url));
const TOKEN = "tok-5a4b3c2d1e0f";
const HOME = process.env["HOME"] ?? "";

describe("--grant", () => {
  it("lists in the help what can be granted", async () => {
    using folder = new Folder({});
    const { stdout } = await folder.shared(["run", "--help"]);
    const words = stdout.replaceAll(/\s+/g, " ");

    for (const kind of [
      "fs:<path>[:ro]",
      "net:<host>[:<port>]",
      "env:<NAME>",
      "secret:<NAME>",
      "run[:<command>]",
      "log",
    ])
      expect(words).toContain(kind);
    expect(stdout).toContain("--grant net:api.example.org --grant secret:API_TOKEN");
  });

  it.each([
    ["n", "net:"],
    ["", "fs: net: env: secret: run run: log clock:live random:live"],
    ["s", "secret:"],
  ])("completes %j in bash to %s", async (typed, expected) => {
    using folder = new Folder({});
    const { stdout } = await folder.shared(["completion", "bash"]);
    const ask = `compopt() { :; }; ${stdout}\nCOMP_WORDS=(sennit run a.sennit --grant "$1"); COMP_CWORD=4; _sennit; echo "\${COMPREPLY[*]}"`;

    expect(execFileSync("bash", ["-c", ask, "bash", typed], { encoding: "utf8" })).toBe(`${expected}\n`);
  });

  it("completes in fish", async () => {
    using folder = new Folder({});

    expect((await folder.shared(["completion", "fish"])).stdout).toMatch(
      /-l grant -r -f -a 'fs: net: [^']*' -d 'allow/,
    );
  });

  it.each([
    ["net", "net:api.example.org"],
    ["env", "env:API_TOKEN"],
    ["clock", "clock:live"],
    ["random", "random:live"],
    ["net:a.org:x", "one host and perhaps a port"],
    ["disk:x", "net:<host>"],
  ])("refuses %s and says what is meant", async (grant, says) => {
    using folder = new Folder({ "a.sennit": "print 1;" });
    const { status, stdout, stderr } = await folder.shared(["run", "a.sennit", "--grant", grant]);

    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("error[capability-invalid]");
    expect(stderr).toContain(says);
  });

  it("names all that a package asks for and was not given, with the flags", async () => {
    const wants = '["log", "net:api.example.org:8443", "secret:API_TOKEN", "clock:live"]';
    using folder = new Folder({
      "p/sennit.toml": `[package]\nname = "t:p"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "p.lua"\nwit = "p.wit"\nwants = ${wants}\n`,
      "p/p.wit": "package t:p; world p { export f: func() -> u32; }",
      "p/p.lua": "return { f = function() return 1 end }",
      "a.sennit": 'print "not reached"; require f from "./p"; print f();',
    });

    const { status, stdout, stderr } = await folder.shared(["run", "a.sennit", "--grant", "t:p=log"]);
    expect({ status: status === 0, stdout }).toEqual({ status: false, stdout: "" });
    expect(stderr).toContain("t:p asks for `net:api.example.org:8443`, `secret:API_TOKEN`, `clock:live`");
    expect(stderr).toContain(
      "--grant t:p=net:api.example.org:8443 --grant t:p=secret:API_TOKEN --grant t:p=clock:live",
    );
    const all = ["log", "net:*.example.org:8443", "secret:API_TOKEN", "clock:live"];
    const granted = await folder.shared(["run", "a.sennit", ...all.flatMap((each) => ["--grant", `t:p=${each}`])]);
    expect(granted).toMatchObject({ status: 0, stdout: "not reached\n1\n" });
  });

  it("gives variables of the environment by name", async () => {
    using folder = new Folder({ "a.sennit": 'require get from "std:env"; print get("HOME");' });

    expect(await folder.shared(["run", "a.sennit", "--grant", "env:HOME"])).toMatchObject({ stdout: `"${HOME}"\n` });
    const denied = await folder.shared(["run", "a.sennit", "--grant", "env:PATH"]);
    expect(denied).toMatchObject({ status: 1, stdout: "" });
    expect(denied.stderr).toContain("error[denied]");
    expect(denied.stderr).toContain("--grant env:HOME");
  });

  it("puts a secret of the environment on the wire, and nowhere else", async () => {
    await using server = await TestServer.start((_, response) => response.end("ok"));
    using folder = new Folder({
      "a.sennit": `require get from "std:http";
header = ["authorization": bearer("SENNIT_TOKEN")];
r = get("http://127.0.0.1:${server.port}/", header);
print header;
print r;
get("http://127.0.0.1:1/", header);`,
    });
    const grants = [`net:127.0.0.1:${server.port}`, "net:127.0.0.1:1", "secret:SENNIT_TOKEN"];
    const run = ["run", "a.sennit", ...grants.flatMap((grant) => ["--grant", grant])];

    for (const args of [run, [...run, "--json"], [...run, "--debug"]]) {
      const shown = await withToken(folder.path, args);
      expect(shown).toContain("unreachable");
      expect(shown).not.toContain(TOKEN);
    }
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill(`Bearer ${TOKEN}`));
  });
});

/** All that a failing command shows when its environment has the token. */
async function withToken(cwd: string, args: readonly string[]): Promise<string> {
  const env = { PATH: process.env["PATH"], SENNIT_TOKEN: TOKEN };
  const child = spawn(process.execPath, [command, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  const shown: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => shown.push(String(chunk)));
  const [status] = (await once(child, "close")) as [number | null];
  expect(status).toBe(1);
  return shown.join("");
}
