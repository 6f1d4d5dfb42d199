/**
 * Python that would use up the host: memory, stacks, compilers, messages, time. Endless loops run in Python's own worker, so
 * whoever waits can give up: the instance is disposed of in the middle of the call.
 */
import { setTimeout } from "node:timers/promises";

import type { PackageFiles } from "../../src/host/manifest.ts";
import { contained, ended, othersLong, refused, TRAPPED, type Attack } from "./attack.ts";
import { ATTEMPT, pythonAttacker, sourcePackage } from "./guests.ts";
import { python } from "./python-escapes.ts";

const returned: { readonly name: string; readonly type: string; readonly expression: string }[] = [];

const MEMORY: readonly Attack[] = [
  python(
    "bytearray",
    "allocates two gigabytes",
    "answer = len(bytearray(2**31))",
    refused(/^OverflowError|^MemoryError/),
  ),
  python("huge-integer", "makes an integer of a million million digits", "answer = 1 << (1 << 40)", refused(/Error/)),
  python("huge-text", "repeats a text to four gigabytes", "answer = len('x' * 2**32)", refused(/Error/)),
  python(
    "claimed-list",
    "makes a list of four thousand million elements",
    "answer = len([0] * (2**32 - 1))",
    refused(/^(Memory|Overflow)Error/),
  ),
  {
    id: "python/memory-grows",
    language: "Python",
    tries: "allocates megabytes for ever, with a limit of 96 MiB",
    ends: refused(/^MemoryError after \d\d$/),
    plays: async (stage) => {
      const limited = pythonAttacker({ limits: { memory: 96 * 2 ** 20 } });
      return stage.attempt("python, 96 MiB", limited, EATS);
    },
  },
  returning(
    "aliased-lists",
    "returns lists that are one list many times",
    "list<list<list<list<bool>>>>",
    ALIASED(),
    "value-too-large",
  ),
  returning(
    "aliased-texts",
    "returns one large text many times",
    "list<list<string>>",
    "[['x' * 2**20] * 40] * 40",
    "memory-limit",
    "plugin-trapped",
  ),
  returning(
    "list-of-itself",
    "returns a list that holds itself",
    "list<list<list<u8>>>",
    SELF(),
    "plugin-invalid-value",
  ),
];

const EATS = `held = []
try:
    while True:
        held.append(bytearray(2**20))
except MemoryError:
    count = len(held)
    held.clear()
    answer = f"MemoryError after {count}"`;

function ALIASED(): string {
  return "[[[[True] * 100] * 100] * 100] * 100";
}

function SELF(): string {
  return "(lambda one: [one.append(one), one][1])([])";
}

/** What a function returns that is named for the attack: all of them are of one package, each is called in an instance of its own. */
function returning(what: string, tries: string, type: string, expression: string, ...codes: readonly string[]): Attack {
  returned.push({ name: what, type, expression });
  return {
    id: `python/${what}`,
    language: "Python",
    tries,
    ends: ended(...codes),
    plays: async (stage) => {
      const instance = await stage.start(await stage.open("python, returning", returningPackage));
      return stage.say(await instance.call(what, []));
    },
  };
}

function returningPackage(): PackageFiles {
  const exports = returned.map(({ name, type }) => `export ${name}: func() -> ${type};`);
  const methods = returned.map(
    ({ name, expression }) => `    def ${name.replaceAll("-", "_")}(self):\n        return ${expression}\n`,
  );
  const source = `import wit_world\nclass WitWorld(wit_world.WitWorld):\n${methods.join("")}`;
  const limits = { resultNodes: 2 ** 20 }; // a sixteenth of the usual: to count is what takes the time
  return sourcePackage("python", `world w { ${exports.join(" ")} }`, source, { limits });
}

const STACKS: readonly Attack[] = [
  python(
    "recursion",
    "recurses without a limit",
    "import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nf()",
    ended("plugin-trapped"),
  ),
  python("recursion-limited", "recurses", "def f(): return f()\nf()", refused(/^RecursionError/)),
  python(
    "recursion-in-c",
    "recurses in the interpreter's own C code",
    "x = []\nfor _ in range(10**6): x = [x]\nrepr(x)",
    ended("plugin-trapped"),
  ),
  python(
    "nested-parentheses",
    "compiles 100,000 nested parentheses",
    "eval('(' * 100000 + ')' * 100000)",
    refused(/^(SyntaxError|MemoryError|RecursionError)/),
  ),
  python("nested-lambdas", "compiles 20,000 nested functions", "eval('lambda: ' * 20000 + '1')", refused(/Error/)),
  python("nested-minus", "compiles a million signs", "eval('-' * 10**6 + '1')", refused(/Error/)),
  python("long-sum", "compiles a sum of 50,000 terms", "answer = eval('1' + '+1' * 50000)", TRAPPED),
  python("nested-json", "parses a million nested arrays", "import json\njson.loads('[' * 10**6)", TRAPPED),
];

/** Milliseconds that a guest may spin before its caller gives up. */
const SPINS = 50;

/** Endless work, ended from outside. */
function endless(what: string, tries: string, code: string): Attack {
  return {
    id: `python/${what}`,
    language: "Python",
    tries,
    ends: ended("plugin-lost"),
    plays: async (stage) => {
      const begun = Promise.withResolvers<void>();
      const plugin = await stage.open("python", pythonAttacker);
      const imports = new Map(stage.options().imports);
      imports.set("tell", { colour: "sync", call: () => (begun.resolve(), null) });
      const instance = await stage.start(plugin, { imports });
      const answer = Promise.resolve(instance.call(ATTEMPT, [`import wit_world\nwit_world.tell('begun')\n${code}`]));
      await Promise.race([begun.promise, answer]);
      await setTimeout(SPINS);
      await Promise.all([instance[Symbol.asyncDispose](), answer.catch(() => undefined)]);
      return stage.say(await answer);
    },
  };
}

const LOOPS: readonly Attack[] = [
  endless("loop", "loops for ever", "while True: pass"),
  endless(
    "loop-catching",
    "loops for ever and catches all that is raised",
    "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
  ),
  endless("loop-in-c", "loops in the interpreter's own C code", "sum(range(10**13))"),
  endless("regex", "matches a catastrophic regular expression", "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')"),
  endless("big-power", "raises an integer to a huge power", "answer = 3 ** (10 ** 9)"),
  endless("log-flood", "logs lines for ever", "while True: print('x' * 100)"),
];

const MESSAGES: readonly Attack[] = [
  python(
    "many-imports",
    "calls an import two thousand times",
    "import wit_world\nfor n in range(2000): last = wit_world.host(n)\nanswer = last",
    contained(/^1999$/),
  ),
  python("many-lines", "logs 20,000 lines", "for n in range(20000): print(n)\nanswer = 'done'", contained(/^done$/)),
  python(
    "to-js-huge",
    "gives its realm buffers of 96 MB, and lets go of them",
    "from pyodide.ffi import to_js\nfor n in range(8): last = to_js(b'x' * (96 << 20)).length\nanswer = last",
    contained(/^100663296$/),
  ),
  python("long-line", "logs one line of 8 MB", "print('x' * 8_000_000)\nanswer = 'done'", contained(/^done$/)),
];

const EVERY_DAY =
  `bytearray huge-integer huge-text claimed-list memory-grows aliased-lists list-of-itself recursion recursion-in-c
  nested-lambdas nested-json to-js-huge many-lines loop loop-catching loop-in-c`
    .split(/\s+/)
    .map((name) => `/${name}`);

/** L1 is L0 for Python; in a process each of them starts cold. */
export const PYTHON_RESOURCES: readonly Attack[] = othersLong(
  [...MEMORY, ...STACKS, ...MESSAGES, ...LOOPS].map((attack) => ({ ...attack, long: ["L2"] })),
  EVERY_DAY,
);
