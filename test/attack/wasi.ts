/** Components that were granted a folder or a host, by WASI, against all that was not: samples made by ordinary compilers. */
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { run } from "../../src/engine/embedding/run-program.node.ts";
import { TestServer } from "../engine/std/http-server.ts";
import { temporaryFolder } from "../host/temporary.ts";
import { contained, type Attack, type Ending } from "./attack.ts";
import type { Stage } from "./stage.ts";

const SAMPLES = fileURLToPath(new URL("../../plugins/samples/", import.meta.url));
const REFUSED: Ending = contained(
  /^refused .*(No such file|not permitted|Permission|capabilit|Read-only|Denied|Invalid|NUL byte)/i,
);

interface Tool {
  readonly sample: "wasi-files-rust" | "wasi-files-c" | "wasi-http-rust";
  readonly grants: readonly string[];
}

/** OUTSIDE, CAGE: places outside. PORT: of a server that is granted where the tool may use the network; OTHER: of one that is not. */
function wasi(what: string, tries: string, tool: Tool, call: string, ends: Ending = REFUSED): Attack {
  return {
    id: `wasi/${what}`,
    language: "program",
    tries,
    ends,
    long: ["L1", "L2"],
    within: 30_000,
    plays: (stage) => play(stage, tool, call),
  };
}

async function play(stage: Stage, { sample, grants }: Tool, call: string): Promise<string> {
  await using server = await TestServer.start((request, response) => {
    response.writeHead(request.url === "/away" ? 302 : 200, { location: `http://127.0.0.2:${server.port}/` });
    response.end("served");
  });
  await using other = await TestServer.start((_, response) => response.end("served by the other"));
  const wasm = sample === "wasi-http-rust" ? "fetcher.wasm" : "notes.wasm";
  const granted = grants.map((grant) => grant.replace("PORT", String(server.port)));
  await using folder = await temporaryFolder({
    "sennit.toml": `[dependencies]\n"acme:tool" = { path = "tool" }\n[policy]\nisolation = { "acme:tool" = "${stage.level}" }\n`,
    "tool/sennit.toml": `[package]\nname = "acme:tool"\nversion = "1.0.0"\nlanguage = "component"\nsource = "${wasm}"\nwants = ${JSON.stringify(granted)}\n`,
    "data/own.txt": "own",
    "other.txt": "other's",
  });
  copyFileSync(join(SAMPLES, sample, wasm), join(folder.path, "tool", wasm));
  symlinkSync(stage.canaries.file, join(folder.path, "data/link"));
  symlinkSync(join(stage.canaries.folder, "cage"), join(folder.path, "data/folder"));
  mkdirSync(join(folder.path, "data/sub"));
  writeFileSync(join(folder.path, "data/sub/x.txt"), "x");
  const filled = call
    .replaceAll("OUTSIDE", stage.canaries.file)
    .replaceAll("CAGE", join(stage.canaries.folder, "cage"))
    .replaceAll("OTHER", String(other.port))
    .replaceAll("PORT", String(server.port));
  const lines: string[] = [];
  const text = `require "acme:tool" as n; try { x = ${filled}; print "got"; print x; } catch (e) { print "refused"; print e.value; }`;
  await run(text, {
    file: join(folder.path, "program.sennit"),
    grants: granted.map((grant) => `acme:tool=${grant}`),
    onPrint: (line) => void lines.push(line),
  });
  return stage.say(lines.join(" "));
}

const RUST: Tool = { sample: "wasi-files-rust", grants: ["fs:data"] };
const C: Tool = { sample: "wasi-files-c", grants: ["fs:data"] };
const READS: Tool = { sample: "wasi-files-c", grants: ["fs:data:ro"] };
const HTTP: Tool = { sample: "wasi-http-rust", grants: ["net:127.0.0.1:PORT"] };

const FILES: readonly Attack[] = [
  wasi("read-absolute", "reads a file by its absolute path", RUST, 'n.read("OUTSIDE")'),
  wasi("read-parent", "goes up by `..`", RUST, 'n.read("data/../other.txt")'),
  wasi("read-parent-deep", "goes down and up by more", C, 'n.read("data/sub/../../other.txt")'),
  wasi("read-link", "follows a link that leads out", RUST, 'n.read("data/link")'),
  wasi("read-folder-link", "follows a link to a folder outside", C, 'n.names("data/folder")'),
  wasi("write-link", "writes through a link", RUST, 'n.write("data/folder/touched", "x")'),
  wasi("write-read-only", "writes in a folder that it may only read", READS, 'n.write("data/own.txt", "x")'),
  wasi("rename-out", "moves a file out of its folder", C, 'n.rename("data/own.txt", "data/../moved.txt")'),
  wasi("make-out", "makes a folder outside", RUST, 'n.make_folder("data/folder/touched")'),
  wasi("link-out", "makes a link that leads out", C, 'n.link("../other.txt", "data/new")'),
  wasi("proc", "reads its process's environment", C, 'n.read("/proc/self/environ")'),
  wasi("nul", "hides a path behind a zero", RUST, 'n.read("data/own.txt\\u{0}/../../other.txt")'),
  wasi("surroundings", "lists the host's variables", RUST, "n.surroundings()", contained(/^got *$/)),
];

const OF_HTTP: readonly Attack[] = (
  [
    ["other-port", "asks another port of the host that it was granted", "http://127.0.0.1:OTHER/"],
    ["other-host", "asks another address of this machine", "http://127.0.0.2:PORT/"],
    ["name", "asks by a name what was granted by its number", "http://localhost:PORT/"],
    ["metadata", "asks for a cloud machine's identity", "http://169.254.169.254/latest/meta-data/"],
    ["user", "puts a granted host before an `@`", "http://127.0.0.1:PORT@127.0.0.2:PORT/"],
    ["mapped", "writes an address as IPv6", "http://[::ffff:127.0.0.2]:PORT/"],
    ["decimal", "writes an address as one number", "http://2130706434:PORT/"],
    ["scheme", "asks for a file", "file:///etc/passwd"],
  ] as const
).map(([what, tries, url]) =>
  wasi(`http-${what}`, tries, HTTP, `n.fetch("GET", "${url}", [], "").status`, contained(/^refused /)),
);

export const WASI: readonly Attack[] = [
  ...FILES,
  ...OF_HTTP,
  wasi(
    "http-redirect",
    "is led to another host by the one that it was granted",
    HTTP,
    'n.fetch("GET", "http://127.0.0.1:PORT/away", [], "").status',
    contained(/^got 302$/),
  ),
];
