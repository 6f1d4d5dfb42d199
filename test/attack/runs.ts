/** What one run leaves for the next: nothing. Each is a first instance that leaves something, and a second that looks for it. */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";

import type { PackageFiles } from "../../src/host/manifest.ts";
import { guestText } from "../conformance/canonical/guest.ts";
import { packageOf } from "../host/component-fixtures.ts";
import { contained, type Attack, type AttackLanguage } from "./attack.ts";
import { ATTEMPT, luaAttacker, pythonAttacker } from "./guests.ts";
import { javascriptAttacker } from "./javascript-guest.ts";
import { LEVELS } from "./level.ts";
import type { Files } from "./stage.ts";

/** Two instances of one plugin, both of them living, which the attacks in one language share; and one that starts later. */
function leaks(
  what: string,
  language: AttackLanguage,
  tries: string,
  files: Files,
  [leaves, looks]: readonly [string, string],
  finds: RegExp,
): Attack {
  return {
    id: `runs/${what}`,
    language,
    tries,
    ends: contained(finds),
    levels: language === "Lua" ? LEVELS : ["L0"],
    plays: async (stage) => {
      const key = language.toLowerCase();
      const first = await stage.room(`${key}, first`, key, files);
      const second = await stage.room(`${key}, second`, key, files);
      stage.say(await first.call(ATTEMPT, [leaves]));
      const third = await stage.start(await stage.open(key, files));
      const said = [await second.call(ATTEMPT, [looks]), await third.call(ATTEMPT, [looks])];
      return stage.say(said.join());
    },
  };
}

const python = (): PackageFiles => pythonAttacker();
const lua = (): PackageFiles => luaAttacker();

const LEAKS: readonly Attack[] = [
  leaks(
    "python-state",
    "Python",
    "leaves secrets in builtins, module caches, environment, files, and random state",
    python,
    [
      `import builtins, sys, os, random, types
builtins.left = 'secret'
sys.modules['left'] = types.ModuleType('left')
os.environ['LEFT'] = 'secret'
open('left', 'w').write('secret')
random.seed(1)
sys.path.insert(0, '/left')`,
      `import builtins, sys, os, random
answer = [hasattr(builtins, 'left'), 'left' in sys.modules, 'LEFT' in os.environ, os.path.exists('left'), '/left' in sys.path]`,
    ],
    /^\[False, False, False, False, False\],\[False, False, False, False, False\]$/,
  ),
  leaks(
    "lua-globals",
    "Lua",
    "leaves secrets in globals, in libraries, and in the metatable of all strings",
    lua,
    [
      `left = "secret" string.left = "secret" math.left = "secret" require("sennit").left = "secret" getmetatable("").left = "secret"`,
      `return tostring(left or string.left or math.left or require("sennit").left or getmetatable("").left)`,
    ],
    /^nil,nil$/,
  ),
  leaks(
    "lua-random",
    "Lua",
    "seeds randomness, to know the next run's numbers",
    lua,
    ["math.randomseed(1) return math.random(1 << 40)", "math.randomseed(2) return 'own'"],
    /^own,own$/,
  ),
  leaks(
    "lua-memory",
    "Lua",
    "fills its memory with a secret, to be found in memory that was not cleared",
    lua,
    [
      "kept = {} for n = 1, 20 do kept[n] = ('left-secret '):rep(100000) end",
      "local texts = {} for n = 1, 20 do texts[n] = string.pack('!4 i4', n) end return table.concat(texts):find('left') == nil",
    ],
    /^true,true$/,
  ),
  leaks(
    "javascript-globals",
    "JavaScript",
    "leaves secrets in globals and prototypes of its engine",
    javascriptAttacker,
    ["globalThis.left = 'secret'; Object.prototype.left = 'secret'; 1", "typeof left + typeof ({}).left"],
    /^undefinedundefined,undefinedundefined$/,
  ),
  memory(),
];

/** `leave` fills all memory, grown too; `look` counts bytes that are not zero where nothing was ever written. */
function memory(): Attack {
  const text = guestText({
    core: `(func (export "leave") (result i32) (drop (memory.grow (i32.const 15)))
        (memory.fill (i32.const 8192) (i32.const 0x5e) (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 8192))) (memory.size))
      (func (export "look") (result i32) (local $at i32) (local $found i32)
        (drop (memory.grow (i32.const 15)))
        (local.set $at (i32.const 8192))
        (loop $next
          (local.set $found (i32.add (local.get $found) (i32.ne (i32.load8_u (local.get $at)) (i32.const 0))))
          (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.shl (memory.size) (i32.const 16)))))
        (local.get $found))`,
    exports: { leave: "(result u32)", look: "(result u32)" },
  });
  return {
    id: "runs/component-memory",
    language: "WAT",
    tries: "fills its memory, to be found in memory that was not cleared",
    ends: contained(/^16,0,0$/),
    levels: LEVELS,
    plays: async (stage) => {
      const plugin = await stage.open("runs, memory", async () => packageOf(await parse(text)));
      const first = await stage.start(plugin);
      const second = await stage.start(plugin);
      const left = await first.call("leave", []);
      await first[Symbol.asyncDispose]();
      const third = await stage.start(plugin);
      const said = [left, await second.call("look", []), await third.call("look", [])].join();
      stage.instances.splice(stage.instances.indexOf(first), 1);
      return stage.say(said);
    },
  };
}

export const RUNS: readonly Attack[] = LEAKS;
