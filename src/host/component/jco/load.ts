/**
 * What jco gave, made code: every core checked, capped and compiled, the script made a function.
 */
import { Fault } from "../../../fault.ts";
import type { Binding, CodeRequest } from "./code.ts";
import { compileCores, MOST_CORES } from "../core-module.ts";
import { refuseCodeInNames } from "./names.ts";
import { evaluate, type CompileScript, type BuildScript } from "./script.ts";
import type { Transpiled } from "./transpiled.ts";

/** @throws {Fault} `component-unsupported`, `component-invalid`, `memory-limit` */
export function bindingOf(
  transpiled: Transpiled,
  { caps, metered }: Pick<CodeRequest, "caps" | "metered">,
  compile: CompileScript,
): Binding {
  if (transpiled.cores.size > MOST_CORES) {
    const count = `${transpiled.cores.size} core modules; ${MOST_CORES} are allowed`;
    throw new Fault("component-unsupported", `The component has ${count}`);
  }
  const names = [...transpiled.cores.keys()];
  // How often jco's script instantiates each is not known here.
  const uses = [...transpiled.cores.values()].map((bytes) => ({ bytes, times: 1 }));
  const modules = compileCores(uses, caps, metered ?? false);
  const cores = new Map(modules.map((module, at) => [names[at] ?? "", module]));
  refuseCodeInNames(cores.values()); // before the script is anything but text
  return { build: evaluated(transpiled.script, compile), cores };
}

function evaluated(script: string, compile: CompileScript): BuildScript {
  try {
    return evaluate(script, compile);
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new Fault("component-unsupported", `The component cannot be bound to JavaScript: ${cause.message}`, {
      cause,
    });
  }
}
