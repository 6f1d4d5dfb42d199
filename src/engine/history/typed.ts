/** What effects are called, were given and gave, by the types that the program knows. */
import { WitTypes } from "../../lang/check/wit-types.ts";
import type { EffectRequest, Request } from "../../lang/effect.ts";
import type { IrCall } from "../../lang/ir/ir.ts";
import type { CheckedProgram } from "../../lang/typed.ts";
import type { Type } from "../../lang/types.ts";
import { functionOf } from "../../wit/types.ts";
import type { WitFunction } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import { shown, shownText } from "./shown.ts";
import type { Shown } from "./shown.ts";
import type { StepKind } from "./step.ts";

/** A program with the names of its variables and its source. */
export interface Readable {
  readonly program: LoadedProgram;
  readonly checked: CheckedProgram;
}

type Called = Pick<IrCall, "package" | "function">;

const ANY: Type = { kind: "Any" };
const NIL: Type = { kind: "Nil" };

export class Typed {
  readonly #readable: Readable;
  readonly #wit = new Map<number, WitTypes>();

  constructor(readable: Readable) {
    this.#readable = readable;
  }

  show(value: Value, type: Type | null): Shown {
    return shown(value, type, this.#readable.program.ir.types);
  }

  /** `acme:stats mean` */
  called({ package: pack, function: fn }: Called): string {
    const name = this.#readable.program.packages[pack]?.name ?? "";
    return name === "" || name === "program" ? fn : `${name} ${fn}`;
  }

  arguments(call: Called, args: readonly Value[]): Shown {
    const params = this.#function(call)?.params ?? [];
    return this.list(
      args,
      args.map((_, at) => this.#type(call, params[at]?.type)),
    );
  }

  result(call: Called, value: Value): Shown {
    return this.show(value, this.resultType(call));
  }

  resultType(call: Called): Type | null {
    const fn = this.#function(call);
    if (fn === undefined) return this.#readable.program.packages[call.package] === undefined ? null : ANY;
    return this.#type(call, fn.result);
  }

  list(values: readonly Value[], types: readonly (Type | null)[]): Shown {
    const each = values.map((value, at) => this.show(value, types[at] ?? null));
    return { text: each.map(({ text }) => text).join(", "), data: each.map(({ data }) => data) };
  }

  input({ request }: EffectRequest): Shown | null {
    switch (request.kind) {
      case "call":
      case "fork":
        return this.arguments(request, request.args);
      case "shell":
        return shownText(request.commands.map((words) => words.join(" ")).join(" | "));
      case "print":
        return shownText(request.text);
      case "log":
        return shownText(`${request.level}: ${request.text}`);
      case "emit":
        return this.show(request.value, ANY);
      case "progress":
        return shownText(`${request.done}/${request.total}${request.text === null ? "" : ` ${request.text}`}`);
      case "sleep":
        return this.show(request.nanoseconds, { kind: "Duration" });
      case "sleep-until":
        return this.show(request.instant, { kind: "Instant" });
      case "signal":
        return request.timeout === null ? null : this.show(request.timeout, { kind: "Duration" });
      case "spawn": {
        const fn = this.#readable.checked.functions[request.function];
        return this.list(request.args, fn?.params.map(({ type }) => type) ?? []);
      }
      case "backoff":
        return shownText(`attempt ${request.attempt}`);
      default:
        return null;
    }
  }

  output({ request }: EffectRequest, value: Value): Shown {
    switch (request.kind) {
      case "call":
      case "fork":
        return this.result(request, value);
      case "now":
        return this.show(value, { kind: "Instant" });
      case "random":
        return this.show(value, { kind: "Float" });
      case "uuid":
        return this.show(value, { kind: "String" });
      case "signal":
        return this.show(value, ANY);
      case "sleep":
      case "sleep-until":
        return this.show(value, NIL);
      default:
        return this.show(value, null);
    }
  }

  #function({ package: pack, function: fn }: Called): WitFunction | undefined {
    const found = this.#readable.program.packages[pack];
    return found && functionOf((found.use?.world ?? found.plugin.world).exports, fn);
  }

  #type({ package: pack }: Called, wit: WitFunction["result"] | undefined): Type | null {
    if (wit === undefined) return null;
    const types = this.#wit.get(pack) ?? new WitTypes(this.#readable.program.packages[pack]?.name ?? "");
    this.#wit.set(pack, types);
    return types.of(wit);
  }
}

const KINDS: Readonly<Record<Request["kind"], StepKind>> = {
  call: "call",
  fork: "core call",
  print: "print",
  log: "log",
  emit: "emit",
  progress: "progress",
  sleep: "sleep",
  "sleep-until": "sleep",
  now: "now",
  random: "random",
  uuid: "uuid",
  backoff: "back-off",
  signal: "signal",
  webhook: "webhook",
  spawn: "spawn",
  join: "await",
  shell: "command",
};

export function kindOfRequest(request: Request): StepKind {
  return KINDS[request.kind];
}

/** What is asked for, in a word. */
export function nameOfRequest({ request }: EffectRequest, typed: Typed, checked: CheckedProgram): string {
  switch (request.kind) {
    case "call":
    case "fork":
      return typed.called(request);
    case "signal":
      return request.name;
    case "emit":
      return request.name;
    case "spawn":
      return checked.functions[request.function]?.name ?? "";
    case "join":
      return request.task;
    case "shell":
      return request.commands[0]?.[0] ?? "";
    default:
      return "";
  }
}
