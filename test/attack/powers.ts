/** What a plugin was granted (`sennit:host/files|http|env|secrets|run`), against what it was not: a project with a thief in it. */
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { run } from "../../src/engine/embedding/run-program.node.ts";
import { TestServer } from "../engine/std/http-server.ts";
import { temporaryFolder } from "../host/temporary.ts";
import { contained, refused, type Attack, type Ending } from "./attack.ts";
import type { Stage } from "./stage.ts";

const WANTS = `wants = ["fs:data", "env:THIEF_OWN", "secret:THIEF_TOKEN", "net:127.0.0.1:1", "run:true"]`;
const FILES: Readonly<Record<string, string>> = {
  "thief/sennit.toml": `[package]\nname = "acme:thief"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "thief.lua"\nwit = "thief.wit"\n${WANTS}\n`,
  "thief/thief.wit": `package acme:thief@1.0.0;
    world w {
      import sennit:host/http@0.2.0; import sennit:host/files@0.2.0; import sennit:host/env@0.2.0;
      import sennit:host/secrets@0.2.0; import sennit:host/run@0.2.0;
      export attempt: func(code: string) -> string;
    }`,
  "thief/thief.lua": `local sennit = require "sennit"
    http, files, env, secrets, programs = require "sennit:host/http", require "sennit:host/files", require "sennit:host/env", require "sennit:host/secrets", require "sennit:host/run"
    return { attempt = function(code)
      local ok, said = pcall(assert(load(code)))
      if ok then return "got " .. tostring(said) end
      if sennit.is_err(said) then return "refused " .. said.value.tag .. ": " .. said.value.value end
      return "refused " .. tostring(said)
    end }`,
  "data/own.txt": "own",
  "other.txt": "other's",
};

const GRANTS = ["fs:data", "env:THIEF_OWN", "secret:THIEF_TOKEN", "run:true"];
const TOKEN = "tok-thief-52c1d0";
const REFUSED: Ending = refused(/^refused (denied|failed|invalid): /);

interface Theft {
  readonly grants?: readonly string[];
  readonly handler?: Parameters<typeof TestServer.start>[0];
}

/** OUTSIDE and CAGE stand for places outside, PORT for a server that is granted. */
function theft(what: string, tries: string, code: string, ends: Ending = REFUSED, more: Theft = {}): Attack {
  return {
    id: `power/${what}`,
    language: "Lua",
    tries,
    ends,
    long: ["L1", "L2"],
    plays: (stage) => play(stage, code, more),
  };
}

async function play(stage: Stage, code: string, { grants = GRANTS, handler }: Theft): Promise<string> {
  await using server = await TestServer.start(handler ?? ((_, response) => response.end("served")));
  const policy = `[dependencies]\n"acme:thief" = { path = "thief" }\n[policy]\nisolation = { "acme:thief" = "${stage.level}" }\n`;
  await using folder = await temporaryFolder({ ...FILES, "sennit.toml": policy });
  symlinkSync(stage.canaries.file, join(folder.path, "data/link"));
  symlinkSync(join(stage.canaries.folder, "cage"), join(folder.path, "data/folder"));
  writeFileSync(join(folder.path, "data/script"), "");
  const filled = code
    .replaceAll("OUTSIDE", stage.canaries.file)
    .replaceAll("CAGE", join(stage.canaries.folder, "cage"))
    .replaceAll("PORT", String(server.port));
  const given = [...grants, "net:127.0.0.1:1", `net:127.0.0.1:${server.port}`].map((grant) => `acme:thief=${grant}`);
  const answer = await run(`param code: String; require "acme:thief" as thief; thief.attempt(code);`, {
    file: join(folder.path, "program.sennit"),
    params: { code: filled },
    grants: given,
    secrets: { THIEF_TOKEN: TOKEN, OTHER_TOKEN: "tok-other-90aa11" },
  });
  const said = stage.say(String(answer));
  return said.includes(TOKEN) || said.includes("tok-other") ? `got a secret: ${said}` : said;
}

const OF_FILES: readonly Attack[] = [
  theft("files-absolute", "reads a file by its absolute path", `return files.read("OUTSIDE")`),
  theft("files-parent", "goes up by `..`", `return files.read("data/../other.txt")`),
  theft("files-link", "follows a link that leads out", `return files.read("data/link")`),
  theft("files-link-folder", "follows a link to a folder outside", `return files.read("data/folder/canary.txt")`),
  theft("files-write-link", "writes through a link", `return files.write("data/folder/touched", "x")`),
  theft("files-append-link", "writes at the end of a file outside", `return files.append("data/link", "x")`),
  theft("files-set-size-link", "cuts a file outside", `return files.set_size("data/link", 0)`),
  theft("files-rename-out", "moves its own file out", `return files.rename("data/own.txt", "CAGE/touched")`),
  theft("files-rename-in", "moves a file of others in", `return files.rename("other.txt", "data/other.txt")`),
  theft(
    "files-rename-through",
    "moves its file out through a link",
    `return files.rename("data/own.txt", "data/folder/touched")`,
  ),
  theft("files-remove-through", "removes a file through a link", `return files.remove("data/folder/canary.txt")`),
  theft("files-make-folder", "makes a folder through a link", `return files.make_folder("data/folder/touched")`),
  theft("files-list-root", "lists the root folder", `return #files.list("/")`),
  theft("files-status", "asks whether a file outside is there", `return files.status_of("OUTSIDE").size`),
  theft(
    "files-status-none",
    "learns from the refusal whether a file outside is there",
    `local ok, a = pcall(files.status_of, "/etc/passwd") local ok2, b = pcall(files.status_of, "/etc/none-such") return a.value.tag == b.value.tag`,
    contained(/^got true$/),
  ),
  theft("files-manifest", "grants itself more in the project's manifest", `return files.write("sennit.toml", "")`),
  theft("files-own-code", "rewrites its own code", `return files.write("thief/thief.lua", "")`),
  theft(
    "files-offset",
    "reads from an offset beyond all files",
    `return #files.read_at("data/own.txt", 0x7fffffffffffffff, 100)`,
    refused(/^(refused|got 0$)/),
  ),
  theft("files-huge", "makes its file nine exabytes long", `return files.set_size("data/own.txt", 0x7fffffffffffffff)`),
  theft("files-proc", "reads the process's environment", `return files.read("/proc/self/environ")`),
];

const OF_OTHERS: readonly Attack[] = [
  theft("env-other", "reads a variable that it was not granted", `return env.get("SENNIT_CANARY")`),
  theft("env-secret", "reads a secret as a variable", `return env.get("THIEF_TOKEN")`),
  theft("secret-other", "asks whether another secret is set", `return secrets.is_set("OTHER_TOKEN")`),
  theft("secret-proto", "asks for the secret `__proto__`", `return secrets.is_set("__proto__")`),
  theft("http-ungranted", "asks a host that it was not granted", `return http.get("http://api.example/", {}).body`),
  theft("http-metadata", "asks where clouds keep credentials", `return http.get("http://169.254.169.254/", {}).body`),
  theft("http-decimal", "asks this machine by a number", `return http.get("http://2130706433:2/", {}).body`),
  theft(
    "http-other-secret",
    "sends a secret of others",
    `return http.get("http://127.0.0.1:PORT/", { { "x", { tag = "secret", value = "OTHER_TOKEN" } } }).body`,
  ),
  theft(
    "http-echo",
    "has a server repeat its secret",
    `return http.get("http://127.0.0.1:PORT/", { { "x", { tag = "secret", value = "THIEF_TOKEN" } } }).body`,
    REFUSED,
    {
      handler: ({ headers }, response) => response.end(JSON.stringify(headers)),
    },
  ),
  theft(
    "http-redirect",
    "is led to a host that it was not granted",
    `return http.get("http://127.0.0.1:PORT/", {}).body`,
    REFUSED,
    {
      handler: (_, response) => response.writeHead(302, { location: "http://169.254.169.254/" }).end(),
    },
  ),
  theft(
    "http-redirects",
    "follows more redirects than there may be",
    `return http.send({ method = "GET", url = "http://127.0.0.1:PORT/", headers = {}, redirects = 255 }).body`,
    REFUSED,
    {
      handler: (_, response) => response.writeHead(302, { location: "/" }).end(),
    },
  ),
  theft(
    "http-lines",
    "adds a header by a line break",
    `return http.get("http://127.0.0.1:PORT/", { { "x", { tag = "plain", value = "a\\r\\nhost: evil" } } }).body`,
  ),
  theft(
    "run-ungranted",
    "runs a program that it was not granted",
    `return programs.command({ "touch", "CAGE/touched" }, "").stdout`,
  ),
  theft(
    "run-path",
    "runs a program of the granted name by another path",
    `return programs.command({ "/tmp/true" }, "").stdout`,
  ),
  theft(
    "run-own",
    "runs a program of the granted name that it wrote itself",
    `return programs.command({ "./data/true" }, "").stdout`,
  ),
  theft(
    "run-shell",
    "has its arguments read by a shell",
    `return programs.command({ "true", "; touch CAGE/touched" }, "").status`,
    contained(/^got 0$/),
  ),
  theft("run-nul", "cuts the command off by NUL", `return programs.command({ "true\\0touch" }, "").stdout`),
  theft("run-nothing", "runs nothing", `return programs.command({}, "").stdout`),
  theft(
    "run-env",
    "reads the host's environment by a program",
    `return programs.command({ "env" }, "").stdout`,
    contained(/^(?!.*canary)/s),
    { grants: ["run:env", "fs:data", "env:THIEF_OWN", "secret:THIEF_TOKEN", "run:true"] },
  ),
];

export const POWERS: readonly Attack[] = [...OF_FILES, ...OF_OTHERS];
