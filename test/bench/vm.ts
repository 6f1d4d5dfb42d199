/**
 * The VM alone: no plugin, no engine, no journal. Beside it wasmoon's Lua in the same process (as the engine that a
 * program would else be written for), its code compiled beforehand.
 */
import { LuaFactory } from "wasmoon";
import type { LuaEngine } from "wasmoon";
import { checkProgram } from "../../src/lang/check/check.ts";
import { compileProgram } from "../../src/lang/compile/compile.ts";
import { Source } from "../../src/lang/source.ts";
import { Vm } from "../../src/lang/vm/vm.ts";
import type { Report } from "./report.ts";

const env = {
  file: () => null,
  package: () => ({ problem: "none" }),
  functions: new Map(),
  packageNames: [],
  platform: { shell: false },
};

/** Compiles once; each run gives the last printed line. */
function sennit(text: string): () => string {
  const { program } = checkProgram(new Source("bench.sennit", text), env);
  if (program === null) throw new Error("a benchmark's program is refused");
  const ir = compileProgram(program);
  return () => {
    const request = Vm.start(ir, 0, []).run().requests.at(-1)?.request;
    return request?.kind === "print" ? request.text : "";
  };
}

/** A chunk that gives a function, called each time. */
async function lua(engine: LuaEngine, chunk: string): Promise<() => string> {
  const run = (await engine.doString(chunk)) as () => unknown;
  return () => String(run());
}

const TURNS = 2_000_000;

const FIB = "function fib(n: Int) -> Int { if (n < 2) { return n; } fib(n - 1) + fib(n - 2) }";
const LUA_FIB = "local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end";

export async function benchVm(report: Report): Promise<void> {
  const engine = await new LuaFactory().createEngine();
  try {
    await report.measure({
      group: "VM",
      what: "iterations of while (i < n) { i = i + 1; } (engine: Lua)",
      excludes: "anything with an effect in it",
      rate: TURNS,
      goal: 1e7,
      expected: String(TURNS),
      contenders: [
        { by: "sennit", run: sennit(`i = 0; while (i < ${TURNS}) { i = i + 1; } print i;`) },
        {
          by: "engine",
          run: await lua(engine, `return function() local i = 0; while i < ${TURNS} do i = i + 1 end; return i end`),
        },
      ],
    });
    await report.measure({
      group: "VM",
      what: "fib(25) (engine: Lua)",
      excludes: "effect scopes: fib has no effects",
      goalTimesEngine: 3,
      expected: "75025",
      contenders: [
        { by: "sennit", run: sennit(`${FIB} print fib(25);`) },
        { by: "engine", run: await lua(engine, `${LUA_FIB} return function() return fib(25) end`) },
      ],
    });
    await report.measure({
      group: "VM",
      what: "para for over 100,000 elements",
      excludes: "waiting: no element has an effect",
      rate: 100_000,
      expected: "100000",
      contenders: [{ by: "sennit", run: sennit("print len(para for x in range(100000) limit 8 { x * 2 });") }],
    });
    await report.measure({
      group: "VM",
      what: "prints, each with its identity",
      excludes: "showing them",
      rate: 20_000,
      expected: "19999",
      contenders: [{ by: "sennit", run: sennit("for i in range(20000) { print i; }") }],
    });
  } finally {
    engine.global.close();
  }
}
