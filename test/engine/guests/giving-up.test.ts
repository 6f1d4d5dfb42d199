/** What nobody waits for any more is stopped by itself, while the run goes on: across threads and processes, too. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { isLong } from "../../long.ts";
import { run } from "../../../src/engine/embedding/run-program.node.ts";
import { TestServer } from "../std/http-server.ts";

/** By the path that was asked for: who waits for it to be asked, and for its connection to close. */
interface Watched {
  readonly asked: PromiseWithResolvers<void>;
  readonly closed: PromiseWithResolvers<void>;
}

let server: TestServer;
let silent: Watched;
let folder = "";

beforeAll(async () => {
  server = await TestServer.start((request, response) => {
    if (request.url !== "/silent") return void response.end("fast");
    const { asked, closed } = silent;
    request.socket.once("close", () => closed.resolve());
    asked.resolve();
  });
});
afterAll(() => server[Symbol.asyncDispose]());
beforeEach(() => {
  silent = { asked: Promise.withResolvers<void>(), closed: Promise.withResolvers<void>() };
  folder = mkdtempSync(join(tmpdir(), "sennit-giving-up-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a program prints that has a courier at a level; `asked` and `closed` wait for the server. */
async function printed(language: string, level: string, limits: string, body: string): Promise<readonly string[]> {
  const name = `sample:courier-${language}`;
  const place = fileURLToPath(new URL(`../../../plugins/samples/courier-${language}`, import.meta.url));
  writeFileSync(
    join(folder, "sennit.toml"),
    `[dependencies]\n"${name}" = { path = ${JSON.stringify(place)} }
[policy]\nisolation = { default = "${level}" }\n[limits]\n"${name}" = { ${limits} }\n`,
  );
  const net = `net:127.0.0.1:${server.port}`;
  const wants = [net, "secret:COURIER_TOKEN", "fs:data", "env:COURIER_PLACE", "net:localhost:8080", "run:cat"];
  const lines: string[] = [];
  const program = `require "std:http" as http; require "${name}" as c; require asked; require closed;
    url = "http://127.0.0.1:${server.port}";
    ${body}`;
  await run(program, {
    file: join(folder, "main.sennit"),
    functions: { asked: () => silent.asked.promise, closed: () => silent.closed.promise },
    grants: [net, ...[...wants, "clock:live", "random:live"].map((grant) => `${name}=${grant}`)],
    secrets: { COURIER_TOKEN: "t" },
    onPrint: (line) => lines.push(line),
  });
  return lines;
}

const LEVELS = isLong("giving up at L2", "a process behaves as a thread does, which is tried")
  ? ["L0", "L1", "L2"]
  : ["L0", "L1"];

describe.each(LEVELS)("at %s", { timeout: 60_000 }, (level) => {
  it("a request of the program's is ended when its effect is abandoned", async () => {
    const body = `
      print c.has_secret("COURIER_TOKEN");
      print race { http.get(url + "/silent", [:]).status; seq { asked(); 7; } };
      closed();
      print http.get(url + "/fast", [:]).status;`;
    expect(await printed("lua", level, `deadline = "60s"`, body)).toEqual(["true", "7", "200"]);
  });

  it.each(["lua", "rust", "python"])("a request of a plugin's in %s is, and the plugin goes on", async (language) => {
    const body = `
      print c.has_secret("COURIER_TOKEN");
      print race { len(c.fetch(url + "/silent", nil).1); seq { asked(); 7; } };
      closed();
      print c.fetch(url + "/fast", nil).1;`;
    expect(await printed(language, level, `deadline = "60s"`, body)).toEqual(["true", "7", "fast"]);
  });

  it.each(["lua", "rust", "python"])("a request of a plugin's in %s is ended when that dies", async (language) => {
    const body = `
      print c.has_secret("COURIER_TOKEN");
      try { c.fetch(url + "/silent", nil); } catch (e) { print e.code; }
      asked();
      closed();
      try { c.has_secret("COURIER_TOKEN"); } catch (e) { print e.code; }`;
    expect(await printed(language, level, `deadline = "700ms"`, body)).toEqual([
      "true",
      "deadline-exceeded",
      "plugin-lost",
    ]);
  });
});
