/** Packages whose folder, manifest or WIT is the attack: opened as a user opens them, and never started. */
import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, openSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { openPlugin } from "../../src/host/open.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import { temporaryFolder } from "../host/temporary.ts";
import { contained, neverStarts, type Attack, type AttackLanguage, type Ending } from "./attack.ts";
import type { Stage } from "./stage.ts";

const MANIFEST = `[package]\nname = "acme:odd"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "main.lua"\nwit = "world.wit"\n`;
const USUAL = {
  "sennit.toml": MANIFEST,
  "main.lua": "return { f = function() return 42 end }",
  "world.wit": "package acme:odd@1.0.0; world w { export f: func() -> u32; }",
};

type Make = (folder: string, stage: Stage) => void;

interface Odd {
  readonly files?: Readonly<Record<string, string>>;
  /** Does the rest to the folder. */
  readonly make?: Make;
  /** What is opened, in the folder. */
  readonly at?: string;
}

function opened(id: string, language: AttackLanguage, tries: string, ends: Ending, odd: Odd): Attack {
  return { id, language, tries, ends, within: 20_000, plays: (stage) => open(stage, odd) };
}

async function open(stage: Stage, { files = {}, make, at = "." }: Odd): Promise<string> {
  await using folder = await temporaryFolder({ ...USUAL, ...files });
  make?.(folder.path, stage);
  const cacheFolder = join(stage.canaries.folder, "cache");
  await using plugin = await openPlugin(await readPackage(join(folder.path, at)), { cacheFolder });
  const instance = await stage.start(plugin);
  const said = stage.say(await instance.call("f", []));
  await instance[Symbol.asyncDispose]();
  stage.instances.length = 0;
  return said;
}

const INVALID = neverStarts("package-invalid");
const BAD_MANIFEST = neverStarts("manifest-invalid");
const BAD_WIT = neverStarts("wit-invalid");

function folder(what: string, tries: string, odd: Odd, ends: Ending = INVALID): Attack {
  return opened(`folder/${what}`, "folder", tries, ends, odd);
}

const remove = (path: string): void => void execFileSync("rm", ["-rf", path]);
const pipe =
  (name: string): Make =>
  (path) => {
    remove(join(path, name));
    execFileSync("mkfifo", [join(path, name)]);
  };
const linkTo =
  (name: string, to: (stage: Stage) => string): Make =>
  (path, stage) => {
    remove(join(path, name));
    symlinkSync(to(stage), join(path, name));
  };
/** Five gigabytes that take no room. */
const sparse =
  (name: string): Make =>
  (path) => {
    const file = openSync(join(path, name), "w");
    ftruncateSync(file, 5 * 2 ** 30);
    closeSync(file);
  };
const many =
  (make: (path: string, at: number) => void): Make =>
  (path) => {
    mkdirSync(join(path, "wit"));
    for (let at = 0; at < 12_000; at++) make(join(path, "wit", String(at)), at);
  };

const IN_FOLDER = { "sennit.toml": MANIFEST.replace("world.wit", "wit") };

const FILES: readonly Attack[] = [
  folder(
    "pipe-manifest",
    "has a pipe for its manifest, which never answers",
    { make: pipe("sennit.toml") },
    BAD_MANIFEST,
  ),
  folder(
    "pipe-package-json",
    "has a pipe for its package.json",
    {
      make: (path, stage) => (remove(join(path, "sennit.toml")), pipe("package.json")(path, stage)),
    },
    BAD_MANIFEST,
  ),
  folder(
    "device-manifest",
    "has a device without an end for its manifest",
    {
      make: linkTo("sennit.toml", () => "/dev/zero"),
    },
    BAD_MANIFEST,
  ),
  folder("huge-manifest", "has a manifest of five gigabytes", { make: sparse("sennit.toml") }, BAD_MANIFEST),
  folder("pipe-source", "has a pipe for its source", { make: pipe("main.lua") }),
  folder("pipe-wit", "has a pipe for its WIT", { make: pipe("world.wit") }),
  folder("link-source", "has a link to a secret file for its source", {
    make: linkTo("main.lua", ({ canaries }) => canaries.file),
  }),
  folder("link-wit", "has a link to a secret file for its WIT", {
    make: linkTo("world.wit", ({ canaries }) => canaries.file),
  }),
  folder("link-folder", "has a link out of it for the folder of its WIT", {
    files: IN_FOLDER,
    make: linkTo("wit", ({ canaries }) => join(canaries.folder, "cage")),
  }),
  folder("link-loop", "has a link to itself for its source", { make: linkTo("main.lua", () => "main.lua") }),
  folder(
    "link-inside",
    "has links in its folders that lead round and round",
    {
      make: linkTo("round", () => "."),
    },
    contained(/^42$/),
  ),
  folder("wit-is-file", "has a file where a folder of WIT should be", {
    files: { ...IN_FOLDER, wit: "package acme:odd; world w {}" },
  }),
  folder("source-is-folder", "has a folder for its source", {
    make: (path) => (remove(join(path, "main.lua")), mkdirSync(join(path, "main.lua"))),
  }),
  folder("huge-component", "is a component of five gigabytes", { make: sparse("huge.wasm"), at: "huge.wasm" }),
  folder("huge-source", "has a source of five gigabytes", { make: sparse("main.lua") }),
  folder("many-files", "has 12,000 files of WIT", {
    files: IN_FOLDER,
    make: many((path) => writeFileSync(`${path}.wit`, "")),
  }),
  folder("many-folders", "has 12,000 folders of WIT", { files: IN_FOLDER, make: many((path) => mkdirSync(path)) }),
  folder("name-lines", "has a line break in the name of a file, to write a line of its own into messages", {
    files: { ...IN_FOLDER, "wit/a\nerror: the disk is full.wit": "oops" },
  }),
  folder("name-escape", "has an escape sequence in the name of a file", {
    files: { ...IN_FOLDER, "wit/a\u001b[2J.wit": "oops" },
  }),
];

/** A manifest that takes long to read, or longer to complain about. */
function manifest(
  what: string,
  tries: string,
  text: () => string,
  file = "sennit.toml",
  ends: Ending = BAD_MANIFEST,
): Attack {
  return opened(`manifest/${what}`, "manifest", tries, ends, {
    make: (path) => {
      remove(join(path, "sennit.toml"));
      writeFileSync(join(path, file), text());
    },
  });
}

const keys = (count: number): string => Array.from({ length: count }, (_, at) => `k${at} = 1`).join("\n");

const MANIFESTS: readonly Attack[] = [
  manifest("deep-arrays", "nests 100,000 arrays", () => `a = ${"[".repeat(100_000)}`),
  manifest(
    "deep-arrays-closed",
    "nests 100,000 arrays, and closes them",
    () => `a = ${"[".repeat(100_000)}${"]".repeat(100_000)}`,
  ),
  manifest("deep-tables", "nests 100,000 tables", () => `a = ${"{ a = ".repeat(100_000)}`),
  manifest(
    "deep-keys",
    "writes a key of 100,000 parts",
    () => `[${"a.".repeat(100_000)}a]`,
    "sennit.toml",
    neverStarts("package-missing"),
  ),
  manifest("many-keys", "has 20,000 keys that mean nothing", () => `${MANIFEST}${keys(20_000)}`),
  manifest(
    "long-name",
    "has a name of a million letters",
    () => MANIFEST.replace("acme:odd", `acme:${"a".repeat(900_000)}`),
    "sennit.toml",
    neverStarts("manifest-invalid", "package-invalid", "wit-invalid"),
  ),
  manifest(
    "long-number",
    "limits itself by a number of 100,000 digits",
    () => `${MANIFEST}[package.limits]\nfuel = ${"9".repeat(100_000)}`,
  ),
  manifest("infinite", "limits itself by infinity", () => `${MANIFEST}[package.limits]\nfuel = inf`),
  manifest("negative", "limits itself by less than nothing", () => `${MANIFEST}[package.limits]\nmemory = -1`),
  manifest(
    "deep-json",
    "nests a million arrays in package.json",
    () => `{"sennit":${"[".repeat(1_000_000)}`,
    "package.json",
  ),
  manifest(
    "deep-json-closed",
    "nests 100,000 objects in package.json, and closes them",
    () => `{"version":"1.0.0","sennit":{"limits":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}}`,
    "package.json",
  ),
  manifest("not-text", "is no text at all", () => "\0\u0001\u0002", "sennit.toml"),
];

const lines = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => line(at)).join("\n");
const interfaceOf = (body: string): string =>
  `package acme:odd@1.0.0;\ninterface i { ${body} }\nworld w { import i; export f: func() -> u32; }`;

function wit(what: string, tries: string, text: () => string, ends: Ending = BAD_WIT): Attack {
  return opened(`wit/${what}`, "WIT", tries, ends, { make: (path) => writeFileSync(join(path, "world.wit"), text()) });
}

const WITS: readonly Attack[] = [
  wit(
    "many-functions",
    "declares 200,000 functions",
    () => `package acme:odd; world w { ${lines(200_000, (at) => `export g-x${at}: func();`)} }`,
  ),
  wit(
    "functions",
    "declares 20,000 functions, which take the parser ten seconds",
    () => `package acme:odd; world w { ${lines(20_000, (at) => `export g-x${at}: func();`)} }`,
  ),
  wit(
    "late-mistake",
    "has its mistake in the last of 40,000 lines",
    () => `package acme:odd; world w {\n${lines(40_000, () => "// nothing")}\n( }`,
  ),
  wit("deep-types", "nests 50,000 lists", () =>
    interfaceOf(`f: func(x: ${"list<".repeat(50_000)}u8${">".repeat(50_000)});`),
  ),
  wit("open-types", "opens 200,000 lists and closes none", () => interfaceOf(`f: func(x: ${"list<".repeat(200_000)}`)),
  wit("wide-types", "has a type of 2^40 parts in forty lines", () =>
    interfaceOf(`type t0 = u8; ${lines(40, (at) => `type t${at + 1} = tuple<t${at}, t${at}>;`)} f: func(x: t40);`),
  ),
  wit("many-cases", "has a variant of 60,000 cases", () =>
    interfaceOf(`variant v { ${lines(60_000, (at) => `c${at},`)} } f: func(x: v);`),
  ),
  wit("many-flags", "has 50,000 flags", () =>
    interfaceOf(`flags v { ${lines(50_000, (at) => `c${at},`)} } f: func(x: v);`),
  ),
  wit("long-name", "has a name of 500,000 letters", () => interfaceOf(`${"a".repeat(500_000)}: func();`)),
  wit("type-of-itself", "has a record that holds itself", () => interfaceOf("record r { r: list<r> }")),
  wit("use-of-itself", "uses its own types", () => interfaceOf("use i.{t};")),
  wit(
    "use-cycle",
    "has interfaces that use each other",
    () => "package acme:odd; interface i { use j.{t}; } interface j { use i.{t}; } world w { import i; }",
  ),
  wit(
    "include-cycle",
    "has worlds that include each other",
    () => "package acme:odd; world w { include v; } world v { include w; }",
  ),
  wit("comments", "nests 300,000 comments", () => `package acme:odd; ${"/*".repeat(300_000)} world w {}`),
  wit(
    "many-interfaces",
    "imports 10,000 interfaces",
    () =>
      `package acme:odd; ${lines(10_000, (at) => `interface i${at} {}`)} world w { ${lines(10_000, (at) => `import i${at};`)} }`,
  ),
  wit("control", "has control characters", () => "package acme:odd; world w { export \u001b[2Jf: func(); }"),
  wit(
    "direction",
    "turns the direction of writing, to look like another name",
    () => "package acme:odd; world w { export \u202eevil: func(); }",
  ),
];

export const FOLDERS: readonly Attack[] = [...FILES, ...MANIFESTS, ...WITS];
