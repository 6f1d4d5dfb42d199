/** Python that never ends, in plugins that have a deadline or fuel: interrupted, and when that does not help, ended. */
import { ended, heavy, othersLong, type Attack, type Ending } from "./attack.ts";
import { ATTEMPT, pythonAttacker } from "./guests.ts";

const LATE: Ending = ended("deadline-exceeded");
const LIMITS = { deadline: 200 } as const;

function late(what: string, tries: string, code: string, ends: Ending = LATE): Attack {
  return {
    id: `python/late-${what}`,
    language: "Python",
    tries,
    ends,
    long: ["L2"],
    plays: async (stage) => {
      const plugin = await stage.open("python", pythonAttacker);
      const instance = await stage.start(plugin, { limits: LIMITS });
      return stage.say(await instance.call(ATTEMPT, [code]));
    },
  };
}

const LOOPS: readonly Attack[] = [
  late("loop", "loops for ever", "while True: pass"),
  late(
    "catching",
    "loops for ever and catches all that is raised",
    "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
  ),
  late(
    "finally",
    "loops for ever after it was told to end",
    "try:\n    while True: pass\nfinally:\n    while True: pass",
  ),
  late(
    "del",
    "loops for ever while an object is deleted",
    "class A:\n    def __del__(self):\n        while True: pass\na = A()\ndel a",
  ),
  late(
    "with",
    "loops for ever while a block is left",
    "class A:\n    def __enter__(self): pass\n    def __exit__(self, *_):\n        while True: pass\nwith A(): pass",
  ),
  late(
    "generator",
    "loops for ever while a generator is closed",
    "def g():\n    try: yield\n    finally:\n        while True: pass\nx = g()\nnext(x)\nx.close()",
  ),
  late("c-loop", "loops in the interpreter's own C code", "sum(range(10**13))"),
  late("iterator", "asks whether an endless sequence has what it has not", "import itertools\n-1 in itertools.count()"),
  late("regex", "matches a catastrophic regular expression", "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')"),
  late("power", "raises an integer to a huge power", "answer = 3 ** (10 ** 9)"),
  late(
    "digits",
    "writes out an integer of millions of digits",
    "import sys\nsys.set_int_max_str_digits(0)\nanswer = len(str(3 ** (2 ** 24)))",
  ),
  late(
    "sort",
    "sorts by an order that never ends",
    "class A:\n    def __lt__(self, other):\n        while True: pass\nsorted([A(), A()])",
  ),
  late(
    "hash",
    "loops for ever in a hash, called by C code",
    "class A:\n    def __hash__(self):\n        while True: pass\n{A(): 1}",
  ),
  late(
    "signal",
    "handles the signal that would interrupt it",
    "import signal\nsignal.signal(signal.SIGINT, lambda *_: None)\nwhile True: pass",
  ),
  late(
    "trace",
    "swallows the interruption by a trace function",
    "import sys\ndef trace(*_): return trace\nsys.settrace(trace)\nwhile True:\n    try:\n        while True: pass\n    except BaseException: pass",
  ),
  late("sleep", "sleeps for a year", "import time\ntime.sleep(31536000)\nwhile True: pass"),
  late(
    "asyncio",
    "waits for what never comes",
    "import asyncio\nfrom pyodide.ffi import run_sync\nrun_sync(asyncio.Event().wait())",
  ),
  late(
    "asyncio-flood",
    "starts tasks for ever",
    "import asyncio\nloop = asyncio.get_event_loop()\nasync def f(): pass\nwhile True: loop.create_task(f())",
    ended("deadline-exceeded", "plugin-trapped", "memory-limit"),
  ),
  late("log", "logs lines for ever", "while True: print('x' * 100)", ended("deadline-exceeded", "log-limit")),
  late("imports", "calls an import for ever", "import wit_world\nwhile True: wit_world.host(1)"),
  late("eval", "compiles for ever", "while True: compile('x = 1\\n' * 1000, 'x', 'exec')"),
  late(
    "import-module",
    "loops for ever while a module is imported",
    "import sys, importlib.abc, importlib.machinery\nclass F(importlib.abc.MetaPathFinder):\n    def find_spec(self, *_):\n        while True: pass\nsys.meta_path.insert(0, F())\nimport nothing_at_all",
  ),
  late(
    "except-hook",
    "loops for ever while its failure is told",
    "import sys\ndef hook(*_):\n    while True: pass\nsys.excepthook = hook\nclass A(Exception):\n    def __str__(self):\n        while True: pass\nraise A",
  ),
];

const EVERY_DAY = ["-loop", "-finally", "-del", "-regex", "-signal", "-sleep", "-asyncio", "-log"];

export const PYTHON_DEADLINE: readonly Attack[] = othersLong(LOOPS, EVERY_DAY).map(heavy);
