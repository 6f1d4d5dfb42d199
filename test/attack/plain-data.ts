/** Keys that mean something in JavaScript, on the ways of data through a run: values that are emitted, files that are parsed. */
import { join } from "node:path";

import { run } from "../../src/engine/embedding/run-program.node.ts";
import type { Plain } from "../../src/engine/embedding/plain.ts";
import { temporaryFolder } from "../host/temporary.ts";
import { contained, type Attack, type AttackLanguage, type Ending } from "./attack.ts";
import { sourcePackage } from "./guests.ts";
import type { Stage } from "./stage.ts";

function data(
  what: string,
  language: AttackLanguage,
  tries: string,
  ends: Ending,
  plays: (stage: Stage) => Promise<string>,
): Attack {
  return { id: `data/${what}`, language, tries, ends, plays };
}

const KEYS = `{ "__proto__": { "polluted": 1 }, "constructor": { "prototype": { "polluted": 1 } }, "toString": 1, "then": 2, "hasOwnProperty": 3 }`;

/** What JavaScript's objects inherit now, and what the value itself has. */
function seen(value: unknown): string {
  const own = value instanceof Map ? [...value.keys()] : Object.keys(value ?? {});
  const polluted = ({} as Record<string, unknown>)["polluted"];
  return `own ${own.join()}; polluted ${String(polluted)}`;
}

const ALL = contained(/^own __proto__,constructor,toString,then,hasOwnProperty; polluted undefined$/);

/** A plugin that answers an Any with these keys, as CBOR: it is a string of bytes to the host. */
const ANY_LUA = `return { odd = function() return { ["__proto__"] = { polluted = 1 }, constructor = 1, ["then"] = 2 } end }`;

export const PLAIN_DATA: readonly Attack[] = [
  data("param-plain", "program", "gives a param whose object has such keys", ALL, async () => {
    const odd = JSON.parse(KEYS) as Plain;
    return seen(await run("param data: Any; data;", { params: { data: odd } }));
  }),
  data("emit", "program", "emits a value with such keys", ALL, async () => {
    const emitted: unknown[] = [];
    await run(`param data: Any; emit("x", data);`, {
      params: { data: JSON.parse(KEYS) as Plain },
      onEvent: (event) => void (event.kind === "emit" && emitted.push(event.value)),
    });
    return seen(emitted[0]);
  }),
  data(
    "emit-name",
    "program",
    "emits under the name `__proto__`",
    contained(/^__proto__; polluted undefined$/),
    async () => {
      const names: string[] = [];
      await run(`emit("__proto__", 1);`, {
        onEvent: (event) => void (event.kind === "emit" && names.push(event.name)),
      });
      return `${names.join()}; polluted ${String(({} as Record<string, unknown>)["polluted"])}`;
    },
  ),
  data("function", "program", "passes such keys to a function of the embedding program", ALL, async () => {
    const got: unknown[] = [];
    await run(`param data: Any; require take; take(data);`, {
      params: { data: JSON.parse(KEYS) as Plain },
      functions: { take: (value: unknown) => void got.push(value) },
    });
    return seen(got[0]);
  }),
  data(
    "lua-any",
    "Lua",
    "answers untyped data with such keys",
    contained(/^own (?=.*__proto__)(?=.*constructor)(?=.*then).*; polluted undefined$/),
    async () => {
      await using folder = await temporaryFolder({
        "odd/sennit.toml": `[package]\nname = "acme:odd"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "odd.lua"\nwit = "odd.wit"\n`,
        "odd/odd.wit": `package acme:odd@1.0.0; world w { use sennit:host/values@0.1.0.{value}; export odd: func() -> value; }`,
        "odd/odd.lua": ANY_LUA,
      });
      return seen(await run(`require "./odd" as odd; odd.odd();`, { file: join(folder.path, "program.sennit") }));
    },
  ),
  data("log-surrogates", "Lua", "logs half of a character", contained(/^true$/), async (stage) => {
    const source = `return { f = function() print("\\xed\\xa0\\x80 half \\xf0\\x9f") end }`;
    const lines: string[] = [];
    const files = sourcePackage("lua", "world w { import sennit:host/log@0.1.0; export f: func(); }", source);
    await stage.call(files, "f", [], { log: ({ text }) => void lines.push(text) });
    return stage.say(String(lines.length === 1 && lines.every((line) => line.isWellFormed())));
  }),
];
