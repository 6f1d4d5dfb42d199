/** What kind of thing an effect is, for the log (RECOVERY, "what is recorded"). */
import type { EffectClass } from "../../../journal/entry/entry.ts";
import type { EffectRequest } from "../../../lang/effect.ts";
import type { Value } from "../../../wit/value.ts";
import type { LoadedProgram } from "../../load/loaded.ts";
import { isOutside } from "../calls/groups.ts";
import { effectClassOf } from "../calls/outside.ts";

export type Nature =
  /** The seed decides: nothing is recorded but when it was delivered. */
  | { readonly kind: "computed" }
  /** Its answer is recorded; lost before that, it is asked for again. */
  | { readonly kind: "answered" }
  | { readonly kind: "timer" }
  /** Waits for what somebody sends to the run. */
  | { readonly kind: "signal"; readonly name: string; readonly timeout: number | bigint | null }
  /** A call of a guest: recorded as such where it begins. */
  | { readonly kind: "call"; readonly package: number }
  /** Something happens outside of the run: asked for durably first, but for what only reads. */
  | { readonly kind: "outside"; readonly class: EffectClass; readonly what: string; readonly input: Value };

export function natureOf({ request }: EffectRequest, program: LoadedProgram): Nature {
  switch (request.kind) {
    case "random":
    case "uuid":
      return { kind: "computed" };
    case "sleep":
    case "sleep-until":
    case "backoff":
      return { kind: "timer" };
    case "call": {
      const pack = program.packages[request.package];
      if (!isOutside(pack)) return { kind: "call", package: request.package };
      const known = pack === undefined ? "once" : effectClassOf(pack.plugin, request.function, request.args);
      return { kind: "outside", class: known, what: `${pack?.name ?? ""} ${request.function}`, input: request.args };
    }
    case "signal":
      return { kind: "signal", name: request.name, timeout: request.timeout };
    case "spawn": {
      // By name: its number is another in another version of the program.
      const name = program.ir.functions[request.function]?.name ?? "";
      return { kind: "outside", class: "keyed", what: "spawn", input: [name, request.args] };
    }
    case "shell":
      return { kind: "outside", class: "once", what: "shell", input: [request.commands, request.input] };
    default:
      return { kind: "answered" };
  }
}
