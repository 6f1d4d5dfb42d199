/** Ways out of Python: into JavaScript, the C library, the operating system, files, the network, and the host's objects. */
import { contained, ended, refused, type Attack, type Ending } from "./attack.ts";
import { pythonAttacker } from "./guests.ts";
import type { Stage } from "./stage.ts";

/** In the code, what the stage puts for these names: places of the canaries. */
const places = (stage: Stage): readonly (readonly [string, string])[] => [
  ["TOUCHED", stage.canaries.touched],
  ["SECRET", stage.canaries.file],
];

export function python(what: string, tries: string, code: string, ends: Ending): Attack {
  return {
    id: `python/${what}`,
    language: "Python",
    tries,
    ends,
    plays: (stage) => {
      const filled = places(stage).reduce((text, [name, place]) => text.replaceAll(name, place), code);
      return stage.attempt("python", pythonAttacker, filled);
    },
  };
}

/** Ways to a JavaScript object, for the attempts that need one. */
const PROXY = "from pyodide.ffi import to_js, create_proxy\narray = to_js([1])\nfunction = array.push\n";

const NO_CODE = refused(/text cannot become code/);
const NO_MODULE = refused(/^ModuleNotFoundError/);
const ERROR = refused(/Error/);

const JAVASCRIPT: readonly Attack[] = [
  python("import-js", "imports JavaScript's globals", "import js\nanswer = js.process.version", NO_MODULE),
  python("import-pyodide-js", "imports Pyodide's own API", "import pyodide_js\nanswer = pyodide_js.FS", NO_MODULE),
  python("import-micropip", "installs a package", "import micropip\nanswer = micropip.install('x')", NO_MODULE),
  python(
    "load-package",
    "asks Pyodide to load a package",
    "import pyodide_js\nanswer = pyodide_js.loadPackage('micropip')",
    NO_MODULE,
  ),
  python("run-js", "runs text as JavaScript", 'from pyodide.code import run_js\nanswer = run_js("1+1")', ERROR),
  python(
    "constructor-of-constructor",
    "makes a function from text by `constructor.constructor`",
    `${PROXY}answer = array.constructor.constructor("return process")()`,
    NO_CODE,
  ),
  python(
    "constructor-of-function",
    "makes a function from text by a method's constructor",
    `${PROXY}answer = function.constructor("return globalThis")()`,
    NO_CODE,
  ),
  python(
    "new-function",
    "makes a function from text by `new`",
    `${PROXY}answer = function.constructor.new("return 1+1")()`,
    ERROR,
  ),
  python(
    "constructor-of-async-function",
    "makes an asynchronous function from text",
    `import sennit_calls\nanswer = sennit_calls._host.constructor("return this")()`,
    NO_CODE,
  ),
  python(
    "constructor-of-proxy",
    "makes a function from text by a Python function's proxy",
    `${PROXY}answer = create_proxy(print).constructor("return process")()`,
    ERROR,
  ),
  python(
    "prepare-stack-trace",
    "finds the host's frames by `Error.prepareStackTrace`",
    `${PROXY}error = array.constructor.constructor\nanswer = error.prepareStackTrace.call`,
    ERROR,
  ),
  python(
    "fetch",
    "fetches over the network",
    "from pyodide.http import pyfetch\nfrom pyodide.ffi import run_sync\nanswer = run_sync(pyfetch('http://localhost/'))",
    ERROR,
  ),
  python(
    "node-modules",
    "looks for `process.getBuiltinModule`, `require` and workers among all proxies",
    `${PROXY}import sys
names = ["process", "require", "getBuiltinModule", "Worker", "parentPort", "postMessage", "fetch", "SharedArrayBuffer"]
held = [array, function] + list(getattr(sys, "_sennit_kept", []))
answer = sorted(name for one in held for name in names if getattr(one, name, None) is not None)`,
    contained(/^\[\]$/),
  ),
];

const C_LIBRARY: readonly Attack[] = [
  python(
    "ctypes-script",
    "runs JavaScript by the C library's `emscripten_run_script`",
    `import ctypes\nctypes.CDLL(None).emscripten_run_script(b"globalThis.touched = 1; process.exit(9)")`,
    ended("plugin-trapped"),
  ),
  python(
    "ctypes-script-string",
    "runs JavaScript for an answer by the C library",
    `import ctypes\nf = ctypes.CDLL(None).emscripten_run_script_string\nf.restype = ctypes.c_char_p\nanswer = f(b"process.version")`,
    ended("plugin-trapped"),
  ),
  python(
    "ctypes-read",
    "reads outside of its memory by `ctypes`",
    "import ctypes\nctypes.string_at(0xfffffff0, 100)",
    ended("plugin-trapped"),
  ),
  python(
    "ctypes-write",
    "writes where it likes in its own memory",
    "import ctypes\nctypes.memset(0, 0xff, 1 << 24)",
    ended("plugin-trapped"),
  ),
];

const SYSTEM: readonly Attack[] = [
  python("os-system", "runs a shell command", "import os\nanswer = os.system('touch TOUCHED')", contained(/^-?\d+$/)),
  python("subprocess", "runs a program", "import subprocess\nsubprocess.run(['touch', 'TOUCHED'])", ERROR),
  python("posix-spawn", "spawns a program", "import os\nos.posix_spawn('/bin/touch', ['touch', 'TOUCHED'], {})", ERROR),
  python("fork", "forks", "import os\nanswer = os.fork()", ERROR),
  python("exec", "replaces its process", "import os\nos.execv('/bin/touch', ['touch', 'TOUCHED'])", ERROR),
  python("thread", "starts a thread", "import threading\nthreading.Thread(target=print).start()", ERROR),
  python("socket", "opens a connection", "import socket\nsocket.create_connection(('127.0.0.1', 1))", ERROR),
  python(
    "listen",
    "listens on a port",
    "import socket\ns = socket.socket()\ns.bind(('', 0))\ns.listen()\ns.accept()",
    ERROR,
  ),
  python("resolve", "resolves a name", "import socket\nanswer = socket.gethostbyname('localhost')", contained(/./)),
  python("read-file", "reads a file of the host", "answer = open('SECRET').read()", refused(/^FileNotFoundError/)),
  python("write-file", "writes a file of the host", "open('TOUCHED', 'w').write('x')", refused(/^FileNotFoundError/)),
  python(
    "list-root",
    "lists the host's root folder",
    "import os\nanswer = 'node_modules' in str(list(os.walk('/')))[:10**6]",
    contained(/^False$/),
  ),
  python(
    "proc",
    "reads its process's environment from /proc",
    "answer = open('/proc/self/environ').read()",
    refused(/^FileNotFoundError/),
  ),
  python(
    "mount-node-fs",
    "mounts a folder of the host",
    "import pyodide_js\npyodide_js.mountNodeFS('/h', '/')\nanswer = open('/h/SECRET').read()",
    NO_MODULE,
  ),
  python("environ", "reads the host's environment", "import os\nanswer = dict(os.environ)", contained(/^\{/)),
  python(
    "getenv",
    "asks the C library for a variable",
    "import ctypes\nf = ctypes.CDLL(None).getenv\nf.restype = ctypes.c_char_p\nanswer = f(b'SENNIT_CANARY')",
    contained(/^None$/),
  ),
  python(
    "argv",
    "reads the host's arguments",
    "import sys\nanswer = [sys.argv, getattr(sys, 'orig_argv', [])]",
    contained(/^(?!.*(vitest|sennit-attack))/),
  ),
  python("exit", "ends its process", "import os\nos._exit(0)", ended("plugin-trapped")),
  python("abort", "aborts", "import os\nos.abort()", ended("plugin-trapped")),
  python(
    "kill",
    "kills its process",
    "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    ended("plugin-trapped"),
  ),
  python("sys-exit", "raises SystemExit", "import sys\nsys.exit(3)", ended("plugin-trapped")),
];

/** Objects of the host that Python's own introspection could find. */
const HUNTING: readonly Attack[] = [
  python(
    "frames",
    "climbs the frames of its callers for host objects",
    `import sys
from pyodide.ffi import JsProxy
frame, found = sys._getframe(), []
while frame is not None:
    found += [name for scope in (frame.f_locals, frame.f_globals) for name, one in scope.items() if isinstance(one, JsProxy)]
    frame = frame.f_back
answer = sorted(set(found) - {"_host", "_sleep", "_release"})`,
    contained(/^\[\]$/),
  ),
  python(
    "traceback-frames",
    "goes from a traceback to the code that called it",
    `try:
    1 / 0
except ZeroDivisionError as error:
    frame = error.__traceback__.tb_frame
    while frame.f_back is not None:
        frame = frame.f_back
    answer = [hasattr(one, "process") for one in frame.f_globals.values() if hasattr(one, "js_id")]`,
    contained(/^\[(False(, )?)*\]$/),
  ),
  python(
    "gc",
    "finds JavaScript proxies among all objects",
    `import gc
from pyodide.ffi import JsProxy
found = [one for one in gc.get_objects() if isinstance(one, JsProxy)]
answer = sorted({name for one in found for name in ("process", "require", "parentPort", "postMessage") if hasattr(one, name)})`,
    contained(/^\[\]$/),
  ),
  python(
    "import-forged",
    "calls an import by a number that there is not",
    "import sennit_calls\nsennit_calls._host(5, 0, 1)",
    ended("plugin-trapped", "plugin-invalid-value"),
  ),
  python(
    "arguments-forged",
    "sends arguments that are no values",
    "import sennit_calls\nsennit_calls._host(0, sennit_calls.put(b'i'), 1)",
    ended("plugin-trapped", "plugin-invalid-value"),
  ),
  python(
    "arguments-bomb",
    "sends arguments that claim four thousand million elements",
    "import sennit_calls\nsennit_calls._host(0, sennit_calls.put(b'(\\xff\\xff\\xff\\x7f'), 1)",
    ended("plugin-trapped", "plugin-invalid-value", "value-too-large"),
  ),
  python(
    "fault-forged",
    "raises a forged fault of the host",
    "import sennit_calls\nraise sennit_calls.HostFault(5, 'not-granted', 'b')",
    ended("plugin-trapped"),
  ),
  python(
    "record-forged",
    "forges the record of its failure",
    "import sennit_failure\nsennit_failure.record = lambda _: 5\nraise BaseException",
    ended("plugin-trapped"),
  ),
  python(
    "results-forged",
    "answers another call's question",
    "import sennit_calls\nsennit_calls.results = {}",
    ended("plugin-trapped"),
  ),
];

export const PYTHON_ESCAPES: readonly Attack[] = [...JAVASCRIPT, ...C_LIBRARY, ...SYSTEM, ...HUNTING].map(inProcess);

/** L1 is L0 for Python. In a process it starts cold, which takes seconds: played there is what does not end the instance. */
function inProcess(attack: Attack): Attack {
  return attack.ends.kind === "ended" ? attack : { ...attack, levels: ["L0", "L2"] };
}
