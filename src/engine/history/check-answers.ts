/**
 * Whether a run that came from outside goes the way its log tells, and was given only what fits (import.ts, I3).
 *
 *   A1  Nothing outside happens meanwhile, and it takes a bounded time.
 *   A2  The first answer that does not fit ends it; nothing was written by then.
 */
import { Defect, Fault } from "../../fault.ts";
import type { EffectRequest } from "../../lang/effect.ts";
import type { Type } from "../../lang/types.ts";
import type { Value } from "../../wit/value.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import { fits } from "./fits.ts";
import type { Fitting } from "./fits.ts";
import { here } from "../durable/log/payload.ts";
import type { Log } from "./log.ts";
import { Replay } from "./replay.ts";
import { Typed } from "./typed.ts";
import type { Readable } from "./typed.ts";

/** Turns of 20,000 instructions: minutes of computing. */
const MOST_TURNS = 20_000;

/** `all` are the runs of the file. @throws {Fault} `import-invalid`, `diverged` */
export async function checkAnswers(log: Log, all: readonly Log[], readable: Readable): Promise<void> {
  const checking = new Checking(log, all, readable);
  try {
    await checking.play();
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    // What was given fits its types, and all the same nothing that this program could have been given.
    if (thrown instanceof Defect || thrown instanceof TypeError || thrown instanceof RangeError)
      throw checking.refused("it goes wrong");
    throw thrown;
  }
}

class Checking {
  readonly #log: Log;
  readonly #readable: Readable;
  readonly #typed: Typed;
  readonly #fitting: Fitting;
  /** By id: what they give. */
  readonly #children: ReadonlyMap<string, Type>;
  #problem: string | null = null;

  constructor(log: Log, all: readonly Log[], readable: Readable) {
    this.#log = log;
    this.#readable = readable;
    this.#typed = new Typed(readable);
    const children = all.filter(({ header }) => header.parent === log.header.id);
    this.#children = new Map(
      children.map(({ header, start }) => [
        header.id,
        readable.checked.functions[start.entry.function]?.result ?? { kind: "Never" },
      ]),
    );
    this.#fitting = { types: readable.program.ir.types, isTask: (id) => this.#children.has(id), known: new WeakMap() };
  }

  async play(): Promise<void> {
    this.#checkArguments();
    await using replay = new Replay(
      this.#readable.program,
      this.#log,
      {
        called: ({ call, value, trail }) => {
          if (trail !== null) this.#check(value, this.#typed.resultType(call), call.function);
        },
        delivered: (effect, answer) => {
          if (answer.kind === "ok") this.#check(answer.value, this.#typeOf(effect), effect.site);
          this.#raise();
        },
      },
      MOST_TURNS,
    );
    await replay.play();
    this.#raise();
    if (replay.ending?.state !== "done" || this.#log.end === null) return;
    const { value } = this.#log.end.entry;
    const isSame = new ValueBytes(this.#readable.program.ir).isSame(here(value), replay.ending.value);
    if (!isSame) throw this.refused("its end is another than it comes to");
  }

  refused(why: string): Fault {
    return new Fault("import-invalid", `The file cannot be imported: in the log of ${this.#log.header.id}, ${why}`);
  }

  #checkArguments(): void {
    const { function: fn, args } = this.#log.start.entry;
    const given = new ValueBytes(this.#readable.program.ir).decode(here(args));
    const params = this.#readable.checked.functions[fn];
    const types =
      fn === 0 ? this.#readable.checked.params.map(({ type }) => type) : params?.params.map(({ type }) => type);
    const isFit =
      Array.isArray(given) &&
      given.length === types?.length &&
      types.every((type, at) => fits((given as readonly Value[])[at] ?? null, type, this.#fitting));
    if (!isFit) throw this.refused("its arguments do not fit");
  }

  /** Also inside the VM, which would give a Fault to the program. */
  #check(value: Value, type: Type | null, what: string): void {
    if (type !== null && fits(value, type, this.#fitting)) return;
    this.#problem ??= `an answer does not fit: ${what}`;
  }

  #raise(): void {
    if (this.#problem !== null) throw this.refused(this.#problem);
  }

  #typeOf({ request }: EffectRequest): Type | null {
    switch (request.kind) {
      case "call":
      case "fork":
        return this.#typed.resultType(request);
      case "shell":
        return { kind: "tuple", items: [{ kind: "String" }, { kind: "String" }, { kind: "Int" }] };
      case "now":
        return { kind: "Instant" };
      case "random":
        return { kind: "Float" };
      case "uuid":
        return { kind: "String" };
      case "signal":
        return { kind: "Any" };
      case "webhook":
        return { kind: "tuple", items: [{ kind: "String" }] };
      case "spawn":
        return { kind: "task", result: { kind: "Nil" } };
      case "join":
        return this.#children.get(request.task) ?? null;
      case "backoff":
        return { kind: "Bool" };
      default:
        return { kind: "Nil" };
    }
  }
}
