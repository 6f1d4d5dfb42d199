/** `std:fs` and `std:env` against their grants: a program that was given one folder and one variable looks for more. */
import { execFileSync } from "node:child_process";
import { linkSync, readdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { run } from "../../src/engine/embedding/run-program.node.ts";
import { fsPlugin } from "../../src/engine/std/fs.node.ts";
import type { CaseValue } from "../../src/wit/value.ts";
import { temporaryFolder } from "../host/temporary.ts";
import { contained, refused, type Attack, type Ending } from "./attack.ts";
import type { Stage } from "./stage.ts";

const NOT_GRANTED = refused(/^refused: .*(denied|no grant|not granted|no such file|leads elsewhere)/);

const PROGRAM = `require read_text, write_text, list from "std:fs";
param act: String; param path: String;
try {
  if (act == "read") { print read_text(path); }
  if (act == "list") { print list(path); }
  if (act == "write") { write_text(path, "mine"); print "written"; }
} catch (e) { print "refused: " .. e.message; }`;

interface Asked {
  readonly act: "read" | "write" | "list";
  readonly path: string;
  readonly grants?: readonly string[];
  /** Puts something into the project's folder, whose `data` is granted; \`outside\` is not. */
  readonly before?: (folder: string, outside: string) => void;
}

/** The program's answer; what it wrote outside shows. */
function files(what: string, tries: string, asked: Asked, ends: Ending = NOT_GRANTED): Attack {
  return { id: `files/${what}`, language: "program", tries, ends, plays: (stage) => play(stage, asked) };
}

async function play(stage: Stage, { act, path, grants = ["fs:data"], before }: Asked): Promise<string> {
  await using folder = await temporaryFolder({ "data/own.txt": "own", "database/other.txt": "other's" });
  const cage = join(stage.canaries.folder, "cage");
  before?.(folder.path, cage);
  const filled = path.replace("CANARY", stage.canaries.file).replace("CAGE", cage);
  return stage.say(await printed(PROGRAM, { act, path: filled }, grants, join(folder.path, "program.sennit")));
}

async function printed(
  source: string,
  params: Readonly<Record<string, string>>,
  grants: readonly string[],
  file?: string,
): Promise<string> {
  const lines: string[] = [];
  const place = file === undefined ? {} : { file };
  await run(source, { ...place, grants: [...grants], params, onPrint: (line) => lines.push(line) });
  return lines.join();
}

const WAYS: readonly Attack[] = [
  files("absolute", "reads a file by its absolute path", { act: "read", path: "CANARY" }),
  files("absolute-write", "writes a file by its absolute path", { act: "write", path: "CAGE/touched" }),
  files("list-root", "lists the root folder", { act: "list", path: "/" }),
  files("parent", "goes up by `..`", { act: "read", path: "data/../database/other.txt" }),
  files("parent-deep", "goes up by `..` behind folders that there are not", {
    act: "read",
    path: "data/none/../../database/other.txt",
  }),
  files("parent-backslash", "goes up by backslashes", { act: "read", path: "data\\..\\database\\other.txt" }),
  files("prefix", "reads a folder whose name begins like the granted one", { act: "read", path: "database/other.txt" }),
  files("nul", "cuts the path off by NUL", { act: "read", path: "CANARY\0/data/own.txt" }),
  files("full-width", "goes up by full-width dots", { act: "read", path: "data/\uff0e\uff0e/database/other.txt" }),
  files("combining", "writes a name in another form of Unicode", { act: "read", path: "da\u0074\u0327a/own.txt" }),
  files("upper", "writes a name in other letters", { act: "read", path: "DATA/own.txt" }),
  files("home", "goes to the home folder", { act: "read", path: "~/.ssh/id_rsa" }),
  files("url", "names a file by a URL", { act: "read", path: "file:///etc/passwd" }),
  files("proc-environ", "reads the process's environment", { act: "read", path: "/proc/self/environ" }),
  files("proc-root", "goes to the root by way of the process", { act: "read", path: "/proc/self/root/etc/passwd" }),
  files("proc-fd", "goes by the process's open files", { act: "list", path: "/proc/self/fd" }),
  files("manifest", "grants itself more, by writing the project's manifest", { act: "write", path: "sennit.toml" }),
  files("read-only", "writes where it may read", { act: "write", path: "data/own.txt", grants: ["fs:data:ro"] }),
  files(
    "long",
    "names a path of a million characters",
    { act: "read", path: `data/${"a/../".repeat(200_000)}own.txt` },
    refused(/^refused: /),
  ),
];

const link =
  (name: string, to: (outside: string) => string) =>
  (folder: string, outside: string): void =>
    symlinkSync(to(outside), join(folder, name));

const LINKS: readonly Attack[] = [
  files("link-file", "follows a link to a file", {
    act: "read",
    path: "data/link",
    before: link("data/link", (outside) => join(outside, "canary.txt")),
  }),
  files("link-folder", "follows a link to a folder", {
    act: "read",
    path: "data/link/canary.txt",
    before: link("data/link", (outside) => outside),
  }),
  files("link-write", "writes through a link to a file that there is not", {
    act: "write",
    path: "data/link",
    before: link("data/link", (outside) => join(outside, "touched")),
  }),
  files("link-write-folder", "makes folders through a link", {
    act: "write",
    path: "data/link/new/touched",
    before: link("data/link", (outside) => outside),
  }),
  files("link-list", "lists a folder through a link", {
    act: "list",
    path: "data/link",
    before: link("data/link", (outside) => outside),
  }),
  files(
    "link-loop",
    "follows a link to itself",
    { act: "read", path: "data/link", before: link("data/link", () => "link") },
    refused(/^refused: /),
  ),
  files("link-proc", "follows a link into the process", {
    act: "read",
    path: "data/link",
    before: link("data/link", () => "/proc/self/environ"),
  }),
];

const KINDS: readonly Attack[] = [
  files(
    "pipe",
    "reads a pipe that never answers",
    { act: "read", path: "data/pipe", before: (folder) => void execFileSync("mkfifo", [join(folder, "data/pipe")]) },
    refused(/^refused: /),
  ),
  files(
    "pipe-write",
    "writes to a pipe that nobody reads",
    { act: "write", path: "data/pipe", before: (folder) => void execFileSync("mkfifo", [join(folder, "data/pipe")]) },
    refused(/^refused: /),
  ),
  files(
    "device",
    "reads a device without an end, which was granted",
    { act: "read", path: "/dev/zero", grants: ["fs:/dev/zero"] },
    refused(/^refused: /),
  ),
  files(
    "hard-link",
    "reads a file of the folder that has another name elsewhere: it is a file of the folder",
    {
      act: "read",
      path: "data/hard",
      before: (folder) => linkSync(join(folder, "database/other.txt"), join(folder, "data/hard")),
    },
    contained(/^other's$/),
  ),
];

/** Somebody swaps a folder for a link when the path was judged and before it is opened. */
function race(what: string, tries: string, fn: "read-text" | "write-text" | "list", path: string): Attack {
  return {
    id: `files/race-${what}`,
    language: "program",
    tries,
    ends: refused(/^refused/),
    plays: async (stage) => {
      await using folder = await temporaryFolder({ "data/deep/canary.txt": "own" });
      const outside = join(stage.canaries.folder, "cage");
      const swap = (): void => {
        renameSync(join(folder.path, "data/deep"), join(folder.path, "data/moved"));
        symlinkSync(outside, join(folder.path, "data/deep"));
      };
      const grants = [{ path: join(folder.path, "data"), readOnly: false }];
      await using instance = await fsPlugin({ folder: folder.path, grants: () => grants, onJudged: swap }).instantiate(
        stage.options(),
      );
      const value = await instance.call(fn, fn === "write-text" ? [path, "mine"] : [path]);
      const { index, payload } = value as CaseValue;
      return stage.say(`${index === 1 ? "refused" : `got ${String(payload)}`}`);
    },
  };
}

const RACES: readonly Attack[] = [
  race("read", "has a folder replaced by a link while it reads", "read-text", "data/deep/canary.txt"),
  race("write", "has a folder replaced by a link while it writes", "write-text", "data/deep/touched"),
  race("list", "has a folder replaced by a link while it lists", "list", "data/deep"),
];

const VARIABLE = `require get from "std:env"; param name: String; try { print get(name) ?? "nothing"; } catch (e) { print "refused: " .. e.code; }`;

function variable(what: string, tries: string, name: string, grants: readonly string[]): Attack {
  return {
    id: `env/${what}`,
    language: "program",
    tries,
    ends: NOT_GRANTED,
    plays: async (stage) => stage.say(await printed(VARIABLE, { name }, grants)),
  };
}

const OWN = ["env:SENNIT_OTHER"];

const VARIABLES: readonly Attack[] = [
  variable("other", "reads a variable that it was not granted", "SENNIT_CANARY", OWN),
  variable("path", "reads a variable that everybody has", "PATH", OWN),
  variable("empty", "reads a variable without a name", "", OWN),
  variable("nul", "cuts a name off by NUL", "SENNIT_CANARY\0", OWN),
  variable("assignment", "names two at once", "SENNIT_OTHER=SENNIT_CANARY", OWN),
  variable("proto", "reads `__proto__`", "__proto__", OWN),
  variable("constructor", "reads `constructor`", "constructor", OWN),
  variable("lower", "writes a name in small letters", "sennit_canary", OWN),
  variable("secret", "reads by the grant of a secret", "SENNIT_CANARY", ["secret:SENNIT_CANARY"]),
];

/** What a run shows afterwards of what it was not to leave: nothing but its own. */
const LEFT: Attack = {
  id: "files/own",
  language: "program",
  tries: "writes where it was allowed: there, and nowhere else",
  ends: contained(/^written; data; mine$/),
  plays: async (stage) => {
    await using folder = await temporaryFolder({ "main.sennit": "" });
    const answer = await printed(
      PROGRAM,
      { act: "write", path: "data/a" },
      ["fs:data"],
      join(folder.path, "main.sennit"),
    );
    const others = readdirSync(folder.path).filter((name) => name !== "main.sennit");
    return stage.say(`${answer}; ${others.join()}; ${readFileSync(join(folder.path, "data/a"), "utf8")}`);
  },
};

export const FILES: readonly Attack[] = [...WAYS, ...LINKS, ...KINDS, ...RACES, ...VARIABLES, LEFT];
