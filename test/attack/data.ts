/**
 * Names that mean something in JavaScript, wherever a stranger may choose a name: manifests, WIT, values, params.
 * Everything is data: a name means what its place says, or is refused.
 */
import { join } from "node:path";

import { run } from "../../src/engine/embedding/run-program.node.ts";
import { paramsFromTexts } from "../../src/engine/embedding/parameters.ts";
import { readPackage, readProject } from "../../src/host/package/package.node.ts";
import { anyFromPlain, anyToPlain } from "../../src/host/javascript/plain-any.ts";
import type { Value } from "../../src/wit/value.ts";
import { temporaryFolder } from "../host/temporary.ts";
import { contained, neverStarts, type Attack, type AttackLanguage, type Ending } from "./attack.ts";
import { sourcePackage } from "./guests.ts";
import type { Stage } from "./stage.ts";

type Plays = (stage: Stage) => Promise<string>;

function data(what: string, language: AttackLanguage, tries: string, ends: Ending, plays: Plays): Attack {
  return { id: `data/${what}`, language, tries, ends, plays };
}

const GOOD = `name = "acme:good"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "main.lua"\nwit = "world.wit"\n`;
const REFUSED = neverStarts("manifest-invalid");

/** Reads a package whose manifest this is. */
function manifest(what: string, tries: string, file: string, text: string, ends: Ending = REFUSED): Attack {
  return data(what, "manifest", tries, ends, async () => {
    await using folder = await temporaryFolder({
      [file]: text,
      "main.lua": "return {}",
      "world.wit": "package a:b; world w {}",
    });
    const { manifest: read } = await readPackage(folder.path);
    const leaked = ["polluted", "wants", "memory"].filter((name) => name in {});
    return `${read.name} wants ${read.wants.length}, limits ${Object.keys(read.limits).length}, leaked ${leaked.length}`;
  });
}

/** Reads a project whose manifest this is. */
function project(what: string, tries: string, text: string, ends: Ending = REFUSED): Attack {
  return data(what, "manifest", tries, ends, async () => {
    await using folder = await temporaryFolder({ "sennit.toml": text });
    const read = await readProject(join(folder.path, "program.sennit"));
    return `granted ${read.grants.size + read.programGrants.length}, depends ${read.dependencies.size}`;
  });
}

const MANIFESTS: readonly Attack[] = [
  manifest(
    "toml-proto",
    "sets `__proto__` of the manifest's table",
    "sennit.toml",
    `[package]\n${GOOD}[package.__proto__]\nwants = ["run"]\n`,
  ),
  manifest(
    "toml-constructor",
    "sets `constructor.prototype`",
    "sennit.toml",
    `[package]\n${GOOD}[package.constructor.prototype]\npolluted = true\n`,
  ),
  manifest(
    "toml-root-proto",
    "sets `__proto__` of the whole file",
    "sennit.toml",
    `[package]\n${GOOD}[__proto__]\npolluted = true\n`,
  ),
  manifest(
    "toml-limits-proto",
    "hides limits behind `__proto__`",
    "sennit.toml",
    `[package]\n${GOOD}[package.limits.__proto__]\nmemory = 1\n`,
  ),
  manifest(
    "toml-effects-proto",
    "names an effect `__proto__`",
    "sennit.toml",
    `[package]\n${GOOD}[package.effects]\n"__proto__" = "once"\n`,
    contained(/^acme:good wants 0, limits 0, leaked 0$/),
  ),
  manifest("toml-inherited", "leaves the name to be inherited", "sennit.toml", `[package.__proto__]\n${GOOD}`),
  manifest(
    "json-proto",
    "sets `__proto__` in package.json",
    "package.json",
    `{"version": "1.0.0", "sennit": {"name": "acme:good", "language": "lua", "source": "main.lua", "wit": "world.wit", "__proto__": {"wants": ["run"]}}}`,
  ),
  manifest(
    "json-root-proto",
    "hides the whole manifest behind `__proto__` in package.json",
    "package.json",
    `{"__proto__": {"sennit": {"name": "acme:good"}}}`,
    neverStarts("package-missing"),
  ),
  manifest(
    "name-escape",
    "puts control characters into its name",
    "sennit.toml",
    `[package]\n${GOOD.replace("acme:good", "acme:\\u001b[2Jgood")}`,
  ),
  manifest(
    "source-outside",
    "names a source outside of the package",
    "sennit.toml",
    `[package]\n${GOOD.replace("main.lua", "../main.lua")}`,
  ),
  manifest(
    "source-absolute",
    "names a source by an absolute path",
    "sennit.toml",
    `[package]\n${GOOD.replace("main.lua", "/etc/passwd")}`,
  ),
  manifest(
    "language-constructor",
    "is written in `constructor`",
    "sennit.toml",
    `[package]\n${GOOD.replace('"lua"', '"constructor"')}`,
  ),
  project("grants-proto", "grants by `__proto__`", `[grants.__proto__]\nprogram = ["run"]\n`),
  project("grants-constructor", "grants to `constructor`", `[grants]\nconstructor = ["run"]\n`),
  project("dependencies-proto", "depends on `__proto__`", `[dependencies.__proto__]\npath = "."\n`),
];

const RECORD = `record odd { %constructor: u32, to-string: string, value-of: u32, has-own-property: bool, proto: u32, then: u32 }`;
const ODD_WORLD = `interface odd-names { ${RECORD} %constructor: func() -> odd; then: func() -> u32; to-string: func() -> string; }
  world w { export odd-names; }`;
const ODD_SOURCE = `local odd = { constructor = 1, to_string = "x", value_of = 2, has_own_property = true, proto = 3, then_ = 4, ["then"] = 4 }
return { odd_names = { constructor = function() return odd end, ["then"] = function() return 5 end, to_string = function() return "text" end } }`;

const VALUES: readonly Attack[] = [
  data(
    "wit-names",
    "Lua",
    "names functions and fields `constructor`, `then`, `to-string`",
    contained(/^1,x,2,true,3,4$/),
    async (stage) => {
      const files = sourcePackage("lua", ODD_WORLD, ODD_SOURCE);
      return stage.call(files, "test:attack/odd-names@1.0.0#constructor");
    },
  ),
  data("wit-then", "Lua", "answers as if it were a promise", contained(/^5$/), async (stage) => {
    return stage.call(sourcePackage("lua", ODD_WORLD, ODD_SOURCE), "test:attack/odd-names@1.0.0#then");
  }),
  data(
    "wit-names-in-program",
    "program",
    "uses such a plugin in a workflow, and gives its record to JavaScript",
    contained(/^\{"constructor":1,.*"then":4\} null/),
    oddProgram,
  ),
  data(
    "any-proto",
    "program",
    "puts the key `__proto__` into untyped data",
    contained(/^own true, polluted undefined, Map$/),
    async () => {
      const parsed: unknown = JSON.parse(
        `{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}`,
      );
      const back = anyToPlain(anyFromPlain(parsed, "data")) as Map<string, unknown>;
      const polluted = ({} as Record<string, unknown>)["polluted"];
      return Promise.resolve(`own ${back.has("__proto__")}, polluted ${String(polluted)}, ${back.constructor.name}`);
    },
  ),
  data(
    "param-json",
    "program",
    "gives a param with `__proto__` and `constructor`",
    contained(/^own true, polluted undefined/),
    async () => {
      const [value] = paramsFromTexts(
        [{ name: "data", type: { kind: "Any" }, required: true, fallback: null } as never],
        [`data={"__proto__": {"polluted": 1}, "constructor": 2}`],
      );
      const map = value as unknown as Map<string, Value>;
      const polluted = ({} as Record<string, unknown>)["polluted"];
      return Promise.resolve(`own ${map.has("__proto__")}, polluted ${String(polluted)}`);
    },
  ),
  data("param-name", "program", "gives a param named `__proto__`", neverStarts("bad-param"), () =>
    Promise.resolve(String(paramsFromTexts([], ["__proto__={}"]).length)),
  ),
];

function oddPackage(): Readonly<Record<string, string>> {
  return {
    "odd/sennit.toml": `[package]\nname = "acme:odd"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "odd.lua"\nwit = "odd.wit"\n`,
    "odd/odd.lua": ODD_SOURCE,
    "odd/odd.wit": `package acme:odd@1.0.0;\n${ODD_WORLD}`,
  };
}

export const DATA: readonly Attack[] = [...MANIFESTS, ...VALUES];

/** A program that asks such a plugin. What the host starts once for programs is started then. */
export async function oddProgram(): Promise<string> {
  await using folder = await temporaryFolder(oddPackage());
  const file = join(folder.path, "program.sennit");
  const plain = await run(`require "./odd" as odd; odd.odd_names.constructor();`, { file });
  return `${JSON.stringify(plain)} ${String(Object.getPrototypeOf(plain))}`;
}
