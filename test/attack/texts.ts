/** Text that a terminal or a log would obey: control characters, lines that pretend to be someone else's. */
import { ESCAPE_LUA, folderOf } from "./text-fixtures.ts";
import { contained, neverStarts, type Attack, type Ending } from "./attack.ts";
import { sourcePackage } from "./guests.ts";

const LOGS = "world w { import sennit:host/log@0.1.0; export f: func(); }";

/** What is logged when `f` runs this: one JSON text of all lines. */
function logging(what: string, tries: string, body: string, ends: Ending): Attack {
  return {
    id: `text/${what}`,
    language: "Lua",
    tries,
    ends,
    plays: async (stage) => {
      const source = `local log = require "sennit:host/log"\nreturn { f = function() ${body} end }`;
      const lines: string[] = [];
      const log = ({ level, text }: { level: string; text: string }): void => void lines.push(`${level} ${text}`);
      await stage.call(sourcePackage("lua", LOGS, source), "f", [], { log });
      return stage.say(JSON.stringify(lines));
    },
  };
}

/** What the command line writes to standard output for a program that uses the plugin. */
function json(what: string, tries: string, program: string, ends: Ending): Attack {
  return {
    id: `text/${what}`,
    language: "Lua",
    tries,
    ends,
    plays: async (stage) => {
      using folder = folderOf({ "program.sennit": program, ...ESCAPE_LUA });
      const { stdout, status } = await folder.sennit(["run", "--json", "program.sennit"]);
      const raw = [...stdout].filter((each) => each < " " && each !== "\n");
      stage.say(stdout);
      return `status ${status}, control characters ${raw.length}, ESC ${stdout.includes("\\u001b")}`;
    },
  };
}

export const TEXTS: readonly Attack[] = [
  logging(
    "forged-line",
    "logs one line that pretends to be two, the second one an error of the host",
    `print("all is well\\nerror sennit: the disk is full")`,
    contained(/^\["info all is well","info error sennit: the disk is full"\]$/),
  ),
  logging("unknown-level", "logs at a level that there is not", `log.write("fatal", "x")`, neverEnds()),
  json(
    "json-result",
    "answers with control characters",
    `require "./escape" as e; e.text();`,
    contained(/^status 0, control characters 0, ESC true$/),
  ),
  json(
    "json-print",
    "has control characters printed",
    `require "./escape" as e; print e.text();`,
    contained(/^status 0, control characters 0, ESC true$/),
  ),
  json(
    "json-error",
    "fails with control characters in its error",
    `require "./escape" as e; e.fail();`,
    contained(/^status 1, control characters 0, ESC true$/),
  ),
  {
    id: "text/wit-name",
    language: "Lua",
    tries: "names a function with control characters",
    ends: neverStarts("wit-invalid"),
    plays: (stage) => stage.call(sourcePackage("lua", "world w { export a\u001b[2Jb: func(); }", "return {}"), "f"),
  },
];

function neverEnds(): Ending {
  return { kind: "ended", codes: ["plugin-trapped", "plugin-invalid-value"] };
}
