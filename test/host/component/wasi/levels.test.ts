/** Programs whose packages use WASI's files and http, on a disk and over the network, at every isolation level (Q1). */
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { run } from "../../../../src/index.ts";

const samples = fileURLToPath(new URL("../../../../plugins/samples/", import.meta.url));

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sennit-wasi-"));
  mkdirSync(join(folder, "notes"));
  writeFileSync(join(folder, "secret.txt"), "secret");
  writeFileSync(join(folder, "notes/a.txt"), "hello");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A package of the project around the sample's component, which wants what it was granted. */
async function printed(
  sample: string,
  level: string,
  grants: readonly string[],
  body: string,
  functions: Readonly<Record<string, () => number>> = {},
): Promise<readonly string[]> {
  const wasm = sample === "wasi-http-rust" ? "fetcher.wasm" : "notes.wasm";
  mkdirSync(join(folder, "package"));
  copyFileSync(join(samples, sample, wasm), join(folder, "package", wasm));
  writeFileSync(
    join(folder, "package/sennit.toml"),
    `[package]\nname = "acme:tool"\nversion = "1.0.0"\nlanguage = "component"\nsource = "${wasm}"\nwants = ${JSON.stringify(grants)}\n`,
  );
  writeFileSync(
    join(folder, "sennit.toml"),
    `[dependencies]\n"acme:tool" = { path = "package" }\n${BESIDE}\n[policy]\nisolation = { "acme:tool" = "${level}", "sample:counter-rust" = "L1" }\n`,
  );
  const lines: string[] = [];
  await run(`require "acme:tool" as n;\n${body}`, {
    file: join(folder, "program.sennit"),
    grants: grants.map((grant) => `acme:tool=${grant}`),
    functions,
    onPrint: (line) => void lines.push(line),
  });
  return lines;
}

/** Of the project, beside the package: a run worker needs something that runs in it. */
const BESIDE = `"sample:counter-rust" = { path = ${JSON.stringify(join(samples, "counter-rust"))} }`;

const attempt = (call: string): string => `try { print ${call}; } catch (e) { print e.value.text; }\n`;

const LEVELS = ["L0", "L1", "L2"];

describe.each(LEVELS)("at %s", { timeout: 60_000 }, (level) => {
  describe.each([
    ["Rust", "wasi-files-rust"],
    ["C", "wasi-files-c"],
  ])("files in %s", (_, sample) => {
    it("are read and written below what was granted", async () => {
      const lines = await printed(
        sample,
        level,
        ["fs:notes"],
        `print n.read("notes/a.txt");
         n.write("notes/b.txt", "new"); n.append("notes/b.txt", "er");
         n.make_folder("notes/sub"); n.rename("notes/b.txt", "notes/sub/c.txt");
         print n.names("notes"); print n.size("notes/sub/c.txt"); print n.part("notes/a.txt", 1, 3);`,
      );

      expect(lines).toEqual(["hello", '["a.txt", "sub/"]', "5", 'b"ell"']);
      expect(readFileSync(join(folder, "notes/sub/c.txt"), "utf8")).toBe("newer");
    });

    it("elsewhere are out of reach, by whatever path", async () => {
      symlinkSync("../secret.txt", join(folder, "notes/link"));
      symlinkSync("..", join(folder, "notes/up"));
      const paths = [
        "secret.txt",
        "../secret.txt",
        "notes/../secret.txt",
        "notes/link",
        "notes/up/secret.txt",
        "/etc/passwd",
        "notes/../../../../../../etc/passwd",
        `${folder}/secret.txt`,
        "notes/．．/secret.txt",
      ];
      const tries = paths.map((path) => attempt(`n.read(${JSON.stringify(path)})`)).join("");

      const lines = await printed(sample, level, ["fs:notes"], tries);

      expect(lines).toHaveLength(paths.length);
      for (const line of lines) expect(line).toMatch(/No such file|not permitted|Permission|capabilit/i);
    });
  });

  it("a folder that was granted `:ro` is read, and nothing in it changes", async () => {
    const lines = await printed(
      "wasi-files-c",
      level,
      ["fs:notes:ro"],
      `print n.read("notes/a.txt");
       ${attempt('n.write("notes/a.txt", "x")')} ${attempt('n.write("notes/new.txt", "x")')}
       ${attempt('n.append("notes/a.txt", "x")')} ${attempt('n.remove("notes/a.txt")')}
       ${attempt('n.rename("notes/a.txt", "notes/b.txt")')} ${attempt('n.make_folder("notes/sub")')}`,
    );

    expect(lines).toEqual(["hello", ...Array.from({ length: 6 }, () => "Read-only file system")]);
    expect(readdirSync(join(folder, "notes"))).toEqual(["a.txt"]);
    expect(readFileSync(join(folder, "notes/a.txt"), "utf8")).toBe("hello");
  });

  it("a folder that was exchanged for a link after it was granted leads nowhere", async () => {
    const swap = (): number => {
      renameSync(join(folder, "notes"), join(folder, "before"));
      symlinkSync(".", join(folder, "notes"));
      return 0;
    };
    const lines = await printed(
      "wasi-files-rust",
      level,
      ["fs:notes"],
      `require swap; print n.read("notes/a.txt"); swap(); ${attempt('n.read("notes/secret.txt")')}`,
      { swap },
    );

    expect(lines).toEqual(["hello", expect.stringMatching(/not permitted|No such file/)]);
  });

  it("a package beside one in a run worker has its files, too", async () => {
    const body = 'require "sample:counter-rust" as counter; print counter.increment(); print n.read("notes/a.txt");';

    expect(await printed("wasi-files-c", level, ["fs:notes"], body)).toEqual(["1", "hello"]);
  });

  it("no link is made", async () => {
    expect(await printed("wasi-files-c", level, ["fs:notes"], attempt('n.link("../secret.txt", "notes/l")'))).toEqual([
      "Operation not permitted",
    ]);
    expect(readdirSync(join(folder, "notes"))).toEqual(["a.txt"]);
  });

  it("of the process a guest sees the variables that it was granted, and nothing else", async () => {
    process.env["SENNIT_WASI_PLACE"] = "here";
    const grants = ["fs:notes", "env:SENNIT_WASI_PLACE", "env:SENNIT_WASI_UNSET"];
    try {
      expect(await printed("wasi-files-rust", level, grants, "print n.surroundings();")).toEqual([
        "SENNIT_WASI_PLACE=here",
      ]);
    } finally {
      delete process.env["SENNIT_WASI_PLACE"];
    }
  });

  describe("requests", () => {
    let server: Server;
    const seen: string[] = [];
    beforeAll(async () => {
      server = createServer((request, response) => {
        seen.push(`${request.method} ${request.url}`);
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => void chunks.push(chunk));
        request.on("end", () => {
          response.writeHead(request.url === "/away" ? 302 : 200, { "content-type": "text/plain", location: "/" });
          response.end(`${request.method} ${Buffer.concat(chunks).toString()}`);
        });
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    });
    afterAll(() => new Promise((resolve) => server.close(resolve)));

    it("reach the hosts that were granted and no other, and follow no redirect by themselves", async () => {
      const { port } = server.address() as AddressInfo;
      const url = `http://localhost:${port}`;
      const lines = await printed(
        "wasi-http-rust",
        level,
        ["net:localhost:8080", `net:localhost:${port}`],
        `a = n.fetch("POST", "${url}/x?y", [], "body"); print a.status; print a.body;
         print n.fetch("GET", "${url}/away", [], "").status;
         try { n.fetch("GET", "http://127.0.0.2:${port}/", [], ""); } catch (e) { print e.value; }`,
      );

      expect(lines).toEqual(["200", "POST body", "302", "ErrorCode::HttpRequestDenied"]);
      expect(seen.splice(0)).toEqual(["POST /x?y", "GET /away"]);
    });

    it("that a guest lets go of leave it and the run alone", async () => {
      const { port } = server.address() as AddressInfo;
      const url = `http://localhost:${port}`;
      const lines = await printed(
        "wasi-http-rust",
        level,
        [`net:localhost:${port}`],
        `n.forget("${url}/1"); n.forget("${url}/2"); print n.fetch("GET", "${url}/3", [], "").body; n.forget("${url}/4");`,
      );

      expect(lines).toEqual(["GET "]);
      expect(seen.splice(0)).toContain("GET /3");
    });
  });
});
