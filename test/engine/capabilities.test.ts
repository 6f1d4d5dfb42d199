/** What a plugin uses of the user's: through its imports, under its own grants, in every language. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RunProgramOptions } from "../../src/engine/embedding/run-program.node.ts";
import { printed } from "./programs.ts";
import { TestServer } from "./std/http-server.ts";

const TOKEN = "tok-91d7c2aa40";
const made: string[] = [];
let folder = "";
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start((request, response, body) => {
    if (request.url === "/away") response.writeHead(302, { location: "http://127.0.0.1:1/" }).end();
    else if (request.url === "/local") response.writeHead(302, { location: "http://169.254.169.254/" }).end();
    else if (request.url === "/echo") response.end(request.headers.authorization);
    else
      response.end(`${request.method} ${request.headers.authorization === undefined ? "nobody" : "somebody"} ${body}`);
  });
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sennit-courier-"));
  made.push(folder);
  mkdirSync(join(folder, "data"));
  writeFileSync(join(folder, "data/a.txt"), "grüße");
  server.seen.length = 0;
});
afterEach(() => {
  delete process.env["COURIER_PLACE"];
});
afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true, force: true });
});

/** A project that requires the package under its own name, isolated as told. */
async function run(
  language: string,
  level: string,
  grants: readonly string[],
  body: string,
  options: RunProgramOptions = {},
): Promise<readonly string[]> {
  const name = `sample:courier-${language}`;
  const place = JSON.stringify(fileURLToPath(new URL(`../../plugins/samples/courier-${language}`, import.meta.url)));
  writeFileSync(
    join(folder, "sennit.toml"),
    `[dependencies]\n"${name}" = { path = ${place} }\n[policy]\nisolation = { "${name}" = "${level}" }\n`,
  );
  return await printed(`require "${name}" as c;\n${body}`, {
    file: join(folder, "program.sennit"),
    grants: grants.map((grant) => `${name}=${grant}`),
    secrets: { COURIER_TOKEN: TOKEN },
    ...options,
  });
}

const WANTED = [
  "net:localhost:8080",
  "fs:data",
  "env:COURIER_PLACE",
  "secret:COURIER_TOKEN",
  "clock:live",
  "random:live",
  "run:cat",
];

const everything = (): string => `
print c.fetch("http://127.0.0.1:${server.port}/x", nil);
print c.fetch("http://127.0.0.1:${server.port}/x", "COURIER_TOKEN");
print c.send("http://127.0.0.1:${server.port}/x", "hello");
print c.read_file("data/a.txt");
c.write_file("data/new/b.txt", "ok");
print c.list_folder("data");
print c.variable("COURIER_PLACE");
print c.has_secret("COURIER_TOKEN");
print c.time() > 1700000000000000000;
print len(c.chance(40));
print c.command(["cat"], "through");`;

/** What each call is denied with; nothing but the first word of it when it is not. */
function refusals(calls: readonly string[]): string {
  return calls.map((call) => `try { c.${call}; print "done"; } catch (e) { print e.message; }`).join("\n");
}

describe.each([
  ["lua", "L0"],
  ["lua", "L2"],
  ["python", "L0"],
  ["rust", "L0"],
  ["rust", "L1"],
])("a plugin in %s at %s", (language, level) => {
  it("uses what it was granted, and is denied the rest", async () => {
    process.env["COURIER_PLACE"] = "Graz";
    const { port } = server;
    writeFileSync(join(folder, "outside"), "outside");
    symlinkSync("../outside", join(folder, "data/link"));
    const denied = refusals([
      `fetch("http://127.0.0.1:1/", nil)`,
      `fetch("http://127.0.0.1:${port}/away", nil)`,
      `fetch("http://127.0.0.1:${port}/local", nil)`,
      `fetch("http://169.254.169.254/", nil)`,
      `fetch("http://127.0.0.1:${port}/", "OTHER_TOKEN")`,
      `fetch("http://127.0.0.1:${port}/echo", "COURIER_TOKEN")`,
      `read_file("outside")`,
      `read_file("data/../outside")`,
      `read_file("data/link")`,
      `write_file("data/link", "x")`,
      `read_file("data/\u{ff0e}\u{ff0e}/outside")`,
      `read_file("/etc/hostname")`,
      `list_folder(".")`,
      `variable("HOME")`,
      `has_secret("HOME")`,
      `command(["sh", "-c", "true"], "")`,
      `chance(70000)`,
    ]);
    const logged: string[] = [];
    const onEvent: RunProgramOptions["onEvent"] = (event) => void logged.push(JSON.stringify(event));

    const grants = [...WANTED, `net:127.0.0.1:${port}`, "net:169.254.169.254"];
    const lines = await run(language, level, grants, `${everything()}\n${denied}`, { onEvent });

    expect(lines.slice(0, 10)).toEqual([
      '(200, "GET nobody ")',
      '(200, "GET somebody ")',
      '(200, "POST nobody hello")',
      "grüße",
      '["a.txt", "link", "new"]',
      '"Graz"',
      "true",
      "true",
      "40",
      "through",
    ]);
    const holder = `sample:courier-${language}`;
    expect(lines.slice(10)).toEqual([
      `denied: 127.0.0.1:1: no grant covers it (--grant ${holder}=net:127.0.0.1:1)`,
      `denied: 127.0.0.1:1: no grant covers it (--grant ${holder}=net:127.0.0.1:1)`,
      "denied: 169.254.169.254: it leads to 169.254.169.254, which is never reached",
      "denied: 169.254.169.254: it leads to 169.254.169.254, which is never reached",
      `denied: secret OTHER_TOKEN: no grant covers it (--grant ${holder}=secret:OTHER_TOKEN)`,
      `failed: 127.0.0.1:${port}: the response repeats the secret COURIER_TOKEN, and is withheld`,
      ...["outside", "data/../outside", "data/link", "data/link", "not-found", "/etc/hostname", "."].map((path) =>
        path === "not-found"
          ? "not-found: data/\uff0e\uff0e/outside: no such file or folder"
          : `denied: ${path}: no grant covers it (--grant ${holder}=fs:<path>)`,
      ),
      `denied: the variable "HOME" was not granted (--grant ${holder}=env:HOME)`,
      `denied: the secret "HOME" was not granted (--grant ${holder}=secret:HOME)`,
      `denied: running "sh" was not granted (--grant ${holder}=run:sh)`,
      "invalid: 70000 bytes: 65536 at most at once",
    ]);
    expect(readFileSync(join(folder, "data/new/b.txt"), "utf8")).toBe("ok");
    expect(readFileSync(join(folder, "outside"), "utf8")).toBe("outside");
    const sent = server.seen.map(({ headers }) => headers.authorization);
    expect(sent.filter((each) => each === `Bearer ${TOKEN}`)).toHaveLength(2);
    expect([...lines, ...logged].join("\n")).not.toContain(TOKEN);
  });
});

it.each(["L0", "L1", "L2"])(
  "leaves no request of a plugin's or the program's behind when the run ends: %s",
  async (level) => {
    const open = new Set<Socket>();
    const both = Promise.withResolvers<void>();
    const none = Promise.withResolvers<void>();
    await using silent = await TestServer.start(({ socket }) => {
      open.add(socket);
      socket.once("close", () => {
        open.delete(socket);
        if (open.size === 0) none.resolve();
      });
      if (open.size === 2) both.resolve();
    });
    const url = `http://127.0.0.1:${silent.port}/`;
    const own = `require "std:http" as http; require both;
print race { c.fetch("${url}", nil); seq { http.get("${url}", [:]); (0, ""); } ; seq { both(); (1, ""); } };`;

    const lines = await run("lua", level, [...WANTED, `net:127.0.0.1:${silent.port}`], own, {
      functions: { both: () => both.promise },
      grants: [...WANTED, `net:127.0.0.1:${silent.port}`]
        .map((grant) => `sample:courier-lua=${grant}`)
        .concat(`net:127.0.0.1:${silent.port}`),
    });

    expect(lines).toEqual(['(1, "")']);
    await none.promise;
  },
);
