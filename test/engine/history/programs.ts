/** Programs whose logs have everything in them that a log can have. */
import { Fault } from "../../../src/fault.ts";
import type { Value } from "../../../src/wit/value.ts";
import { S32, STRING, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance } from "../stub-program.ts";
import { adding, CALLBACK } from "../durable/calls/calling-back.ts";
import type { Play, Stub } from "./recorded-run.ts";

const FUNCTIONS = [witFunction("count", [S32], S32), witFunction("pay", [STRING], S32), witFunction("flaky", [], S32)];

function counting(manifest: NonNullable<Stub["manifest"]>): Stub {
  return {
    functions: FUNCTIONS,
    manifest,
    instance: () => {
      let total = 0;
      let tries = 0;
      return directInstance((fn, args): Value => {
        if (fn === "pay") return 1;
        if (fn === "count") return (total += Number(args[0]));
        if (++tries % 3 !== 0) throw new Fault("busy", "not now", { source: "test:stub" });
        return tries;
      });
    },
  };
}

export interface Example {
  readonly name: string;
  readonly text: string;
  readonly stub: Stub;
  readonly play: Play;
}

const TEXTS: Readonly<Record<string, string>> = {
  "a loop": "require count; t = 0; for i in [1, 2, 3, 4] { t = count(i); print str(t); } t;",
  branches: `require count, pay;
    xs = para for i in [1, 2, 3] { sleep (1ms); a = count(i); print str(a); a; };
    para { pay("a"); { sleep (2ms); count(5); } }
    xs;`,
  "a race": `require count;
    r = race { { sleep (5ms); count(1); } { count(2); } { sleep (1h); 3; } };
    print str(r); count(4);`,
  "a retry": `require flaky; n = retry (times: 5, backoff: 1ms) { flaky(); }; print str(n); n;`,
  "a timeout": `require count; a = 0;
    try { timeout (1ms) { sleep (1h); a = 1; } } catch (e) { print e.code; } finally { count(1); }
    count(2);`,
  undoing: `require count, pay;
    try { try { pay("a"); undo { count(10); } raise "no"; } catch (e) { print e.message; count(1); } finally { count(2); } } catch (e) { print "out"; }
    now(); random(); uuid(); count(3);`,
  signals: `require count; a = wait signal("go"); b = wait signal("go") timeout 1h; print str(a); count(1); str(b);`,
  children: `require count;
    workflow child(n: Int) -> Int { sleep (1ms); count(n); }
    t = spawn child(4); u = spawn child(5); print "spawned"; a = await t; print str(a); b = await u; a + b;`,
};

const MANIFESTS: Readonly<Record<string, NonNullable<Stub["manifest"]>>> = {
  outside: { effects: { count: "keyed", pay: "once", flaky: "read" } },
  component: { language: "component" },
};

const CALLING_BACK: Stub = {
  functions: [
    witFunction("each", [S32, CALLBACK], S32),
    witFunction("both", [CALLBACK, CALLBACK], S32),
    witFunction("at_once", [CALLBACK], S32),
    witFunction("plain", [S32], S32),
  ],
  instance: () => directInstance(adding()),
  manifest: { language: "component" },
};

const STATEFUL: readonly Example[] = Object.entries(TEXTS).flatMap(([name, text]) =>
  Object.entries(MANIFESTS).map(([kind, manifest]) => ({
    name: `${name} (${kind})`,
    text,
    stub: counting(manifest),
    play: {
      signals:
        name === "signals"
          ? [
              { name: "go", value: 1 },
              { name: "go", value: "two" },
            ]
          : [],
    },
  })),
);

export const PROGRAMS: readonly Example[] = [
  ...STATEFUL,
  {
    name: "callbacks",
    text: `require each, both, at_once, plain;
      print str(each(3, |x| seq { print str(x); now(); x + 1 })); print str(plain(1));
      print str(both(|x| x + 1, |x| seq { print "second"; now(); x * 2 })); print str(at_once(|x| x));`,
    stub: CALLING_BACK,
    play: {},
  },
];
