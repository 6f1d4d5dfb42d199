/**
 * Python by way of its realm's JavaScript, against the heap of its thread: where V8 runs out of it in one large allocation it ends
 * the whole process, this one. And against whoever would end it: V8's own functions hear of nothing until they are through.
 */
import { ended, othersLong, refused, type Attack, type Ending } from "./attack.ts";
import { ATTEMPT, pythonAttacker } from "./guests.ts";

const OVER: Ending = ended("memory-limit", "plugin-trapped", "deadline-exceeded");
const BOUNDED: Ending = refused(/RangeError/);
const LIMITS = { deadline: 4000 } as const;

/** What Python finds from one list. */
const FOUND = `from pyodide.ffi import to_js
some = to_js([1])
Array = some.constructor
Object = Array.prototype.__proto__.constructor
String = Object.new("x").constructor
Set = to_js({1, 2}).constructor
Bytes = to_js(b"abc").constructor
def of(kind, name): return getattr(kind.prototype, name)
def repeated(text, count): return of(String, "repeat").call(text, count)
def long(length):
    one = Object.new()
    one.length = length
    return one
kept = Array.new()
`;

function heap(what: string, tries: string, code: string, ends: Ending = OVER): Attack {
  return {
    id: `python/heap-${what}`,
    language: "Python",
    tries,
    ends,
    long: ["L2"],
    within: 40_000,
    plays: async (stage) => {
      const plugin = await stage.open("python", pythonAttacker);
      const instance = await stage.start(plugin, { limits: LIMITS });
      return stage.say(await instance.call(ATTEMPT, [FOUND + code]));
    },
  };
}

const keeps = (what: string, tries: string, first: string, each: string): Attack =>
  heap(what, tries, `${first}\nwhile True: kept.push(${each})`);

const BOMBS: readonly Attack[] = [
  keeps("arrays", "keeps arrays of 30 million elements", "", "Array.new(30_000_000)"),
  heap(
    "spread",
    "spreads an array into another for ever",
    "x = Array.new(100000).fill(0)\nwhile True: kept.push.apply(kept, x)",
  ),
  heap("push", "appends to an array for ever", "n = 0\nwhile True: kept.push(n)"),
  heap(
    "concat",
    "joins an array with itself for ever",
    "x = Array.new(1000).fill(0)\nwhile True: x = x.concat(x)",
    ended("memory-limit", "plugin-trapped", "deadline-exceeded"),
  ),
  keeps("repeat", "keeps texts of sixty megabytes", "", "of(String, 'normalize').call(repeated('é', 30_000_000))"),
  keeps(
    "pad",
    "pads texts to megabytes",
    "",
    "of(String, 'normalize').call(of(String, 'padStart').call('é', 2**26, 'xy'))",
  ),
  keeps("text", "hands over a text of Python's, again and again", "s = 'x' * 50_000_000", "s"),
  keeps(
    "replace",
    "replaces each letter by a thousand",
    "s = repeated('a', 2**20)",
    "of(String, 'replaceAll').call(s, 'a', 'b' * 200)",
  ),
  keeps("join", "joins a million texts", "x = Array.new(2**20).fill('abcdefgh' * 32)", "x.join(',')"),
  keeps("bytes", "keeps buffers of 256 MB", "", "Bytes.new(2**28).fill(1)"),
  keeps("to-js-bytes", "converts bytes of 128 MB", "", "to_js(b'x' * (1 << 27))"),
  keeps("to-js-list", "converts lists of 30 million elements", "x = [0] * 30_000_000", "to_js(x)"),
  keeps("integers", "keeps integers of 8 MB", "x = 1 << 2**26", "x"),
  keeps("sets", "keeps sets of a million", "x = to_js(list(range(1_000_000)))", "Set.new(x)"),
  keeps("split", "keeps texts in pieces", "s = repeated('ab', 2**17)", "of(String, 'split').call(s, 'a')"),
  keeps("letters", "keeps the letters of a text", "s = repeated('a', 2**24)", "getattr(Array, 'from')(s)"),
  heap(
    "flat",
    "flattens a list of lists",
    "x = Array.new(1000).fill(0)\ny = Array.new(100000).fill(x)\nwhile True: kept.push(y.flat())",
  ),
  heap(
    "bind",
    "binds arguments to a function for ever",
    "x = Array.new(60000).fill(0)\nf = some.push\nwhile True: f = f.bind.apply(f, x)",
  ),
  keeps("reversed", "keeps arrays turned round", "x = Array.new(30_000_000).fill(0)", "x.toReversed()"),
  heap(
    "properties",
    "gives an object properties for ever",
    "n = 0\nd = to_js({'value': 1}, dict_converter=Object.fromEntries)\nwhile True:\n    Object.defineProperty(kept, f'k{n}', d)\n    n += 1",
  ),
  heap(
    "full-then-large",
    "fills the heap with little, and then wants much at once",
    "x = Array.new(100000).fill(0)\nfor n in range(500): kept.push(x.slice())\nwhile True: kept.push(Array.new(30_000_000))",
  ),
];

const ENDLESS: readonly Attack[] = [
  heap("keys", "lists the indices of a buffer of 128 MB as texts", "Object.keys(Bytes.new(2**27))", BOUNDED),
  heap("names", "lists them by another function", "Object.getOwnPropertyNames(Bytes.new(2**28))", BOUNDED),
  heap(
    "index-of",
    "looks through an object that claims 2^52 elements",
    "of(Array, 'indexOf').call(long(2**52), 5)",
    BOUNDED,
  ),
  heap("iterates", "makes a set of what never ends", "Set.new(of(Array, 'values').call(long(2**52)))", BOUNDED),
  heap("sorted", "sorts more than V8 has room for", "of(Array, 'toSorted').call(long(2**28))", BOUNDED),
  heap("raw", "puts together a text of 2^52 pieces", "r = Object.new()\nr.raw = long(2**52)\nString.raw(r)", BOUNDED),
  heap("sparse", "joins an array of four thousand million holes", "kept.length = 2**32 - 1\nkept.join('')", BOUNDED),
  heap("array-like", "makes a buffer of an object that claims 2^33 elements", "Bytes.new(long(2**33))", BOUNDED),
  heap(
    "array-from",
    "makes an array of an object that claims 2^31",
    "getattr(Array, 'from')(long(2**31), Object)",
    BOUNDED,
  ),
  heap(
    "iterator",
    "finds the iterator of arrays by its symbol",
    "Object.getOwnPropertySymbols(Array.prototype)",
    BOUNDED,
  ),
];

export const PYTHON_HEAP: readonly Attack[] = othersLong(
  [...BOMBS, ...ENDLESS],
  ["-arrays", "-spread", "-full-then-large", "-keys", "-index-of", "-array-like"],
);
