/**
 * What jco gave, made code: every core checked, capped and compiled, the script made a function.
 */
import { Fault } from "../../../fault.ts";
import type { Binding, CodeRequest } from "./code.ts";
import { compileCore, MOST_CORES } from "../core-module.ts";
import { evaluate, type CompileScript, type Instantiate } from "./script.ts";
import type { Transpiled } from "./transpile.ts";

/** @throws {Fault} `component-unsupported`, `component-invalid`, `memory-limit` */
export function bindingOf(
  transpiled: Transpiled,
  { memory, metered }: Pick<CodeRequest, "memory" | "metered">,
  compile: CompileScript,
): Binding {
  if (transpiled.cores.size > MOST_CORES) {
    const count = `${transpiled.cores.size} core modules; ${MOST_CORES} are allowed`;
    throw new Fault("component-unsupported", `The component has ${count}`);
  }
  const cores = new Map(
    [...transpiled.cores].map(([name, core]) => [name, compileCore(core, memory, metered ?? false)]),
  );
  return { instantiate: evaluated(transpiled.script, compile), cores };
}

function evaluated(script: string, compile: CompileScript): Instantiate {
  try {
    return evaluate(script, compile);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new Fault("component-unsupported", `The component cannot be bound to JavaScript: ${cause.message}`, {
      cause,
    });
  }
}
