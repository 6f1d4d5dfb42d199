/** JavaScript that never ends, in QuickJS, which knows of no deadline: the meter stops it. */
import { ended, everywhereLong, heavy, othersLong, type Attack } from "./attack.ts";
import { ATTEMPT } from "./guests.ts";
import { javascriptAttacker } from "./javascript-guest.ts";

function javascript(what: string, tries: string, code: string): Attack {
  return {
    id: `loop/javascript-${what}`,
    language: "JavaScript",
    tries,
    ends: ended("deadline-exceeded"),
    plays: async (stage) => {
      const plugin = await stage.open("javascript", javascriptAttacker);
      const instance = await stage.start(plugin, { limits: { deadline: 100 } });
      return stage.say(await instance.call(ATTEMPT, [code]));
    },
  };
}

const LOOPS: readonly Attack[] = [
  javascript("plain", "loops for ever", "for (;;);"),
  javascript(
    "catching",
    "loops for ever and catches all that is thrown",
    "for (;;) try { for (;;); } catch {} finally { continue; }",
  ),
  javascript("regex", "matches a catastrophic regular expression", "/^(a+)+$/.test('a'.repeat(60) + 'b')"),
  javascript("replace", "replaces for ever", "for (;;) 'a'.repeat(100000).replace(/a*?/g, () => 'b')"),
  javascript("sort", "sorts by an order that never ends", "[2, 1].sort(() => { for (;;); })"),
  javascript("getter", "loops for ever in a getter, when it is made JSON", "JSON.stringify({ get a() { for (;;); } })"),
  javascript("to-string", "loops for ever when it is made a text", "({ toString() { for (;;); } })"),
  javascript("generator", "iterates for ever", "(function* () { for (;;) yield 1 })().forEach(() => {})"),
  javascript("eval", "compiles for ever", "for (;;) eval('1;'.repeat(10000))"),
  javascript("function", "makes functions from text for ever", "for (;;) Function('return 1')()"),
  javascript("big-integer", "computes with huge integers", "let n = 3n; for (;;) n = n * n % (2n ** 100000n)"),
  javascript(
    "promises",
    "makes promises for ever",
    "(function again() { return Promise.resolve().then(again) })(); for (;;);",
  ),
  javascript(
    "array",
    "fills an array of four thousand million elements by hand",
    "Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)",
  ),
];

export const JAVASCRIPT_LOOPS: readonly Attack[] = othersLong(LOOPS.map(everywhereLong), [
  "-plain",
  "-catching",
  "-regex",
  "-sort",
]).map(heavy);
