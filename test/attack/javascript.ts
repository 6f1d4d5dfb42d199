/** Ways out of JavaScript that was made a component: QuickJS inside wasm, with WASI stubbed or ours. */
import { contained, everywhereLong, refused, TRAPPED, type Attack, type Ending } from "./attack.ts";
import { javascriptAttacker } from "./javascript-guest.ts";

function javascript(what: string, tries: string, code: string, ends: Ending): Attack {
  return {
    id: `javascript/${what}`,
    language: "JavaScript",
    tries,
    ends,
    plays: (stage) => stage.attempt("javascript", javascriptAttacker, code),
  };
}

const UNDEFINED = contained(/^undefined$/);

const ATTEMPTS: readonly Attack[] = [
  javascript("process", "looks for Node's process", "typeof process", UNDEFINED),
  javascript("require", "looks for Node's modules", "typeof require", UNDEFINED),
  javascript(
    "fetch",
    "looks for the network",
    "typeof fetch + typeof XMLHttpRequest + typeof WebSocket",
    contained(/^(undefined){3}$/),
  ),
  javascript(
    "worker",
    "looks for threads",
    "typeof Worker + typeof SharedArrayBuffer + typeof Atomics",
    contained(/^undefined/),
  ),
  javascript(
    "constructor-of-constructor",
    "makes a function from text: it stays in its own engine",
    '[].constructor.constructor("return typeof process + typeof globalThis.attack")()',
    contained(/^undefinedundefined$/),
  ),
  javascript("webassembly", "compiles WebAssembly", "typeof WebAssembly", UNDEFINED),
  javascript(
    "std",
    "imports QuickJS's file library",
    "typeof std + typeof os + typeof bjson",
    contained(/^(undefined){3}$/),
  ),
  javascript(
    "import",
    "imports a module of Node",
    "let said = 'pending'; import('node:fs').then(() => { said = 'imported' }, () => { said = 'refused' }); said",
    contained(/^(pending|.*Error.*)$/),
  ),
  javascript(
    "prototypes",
    "pollutes the prototypes of its own engine",
    "Object.prototype.polluted = 1; Array.prototype.map = 1; Function.prototype.call = 1; Promise.prototype.then = 1; 'done'",
    contained(/^done$/),
  ),
  javascript(
    "polluted",
    "finds them polluted in the next call, but nobody else does",
    "String({}.polluted)",
    contained(/^1$/),
  ),
  javascript("recursion", "recurses without a limit", "(function f() { return 1 + f() })()", TRAPPED),
  javascript(
    "array-length",
    "makes an array of four thousand million elements",
    "new Array(4294967295).fill(0).length",
    refused(/out of memory/),
  ),
  javascript("array-buffer", "allocates two gigabytes", "new ArrayBuffer(2 ** 31).byteLength", refused(/Error|null/)),
  javascript("repeat", "repeats a text to a gigabyte", "'x'.repeat(2 ** 30 - 1).length", refused(/Error|null/)),
  javascript("nested", "compiles 100,000 nested parentheses", "eval('('.repeat(100000))", TRAPPED),
];

export const JAVASCRIPT: readonly Attack[] = ATTEMPTS.map(everywhereLong);
