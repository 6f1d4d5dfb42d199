/**
 * The processes of a run and what each was given, while its lineage is followed (lineage.ts).
 *
 *   R1  What happens inside a function of the program belongs to the function: it is one process.
 *   R2  A process is known when the log tells of it, or when it is computed again; what is only asked for is none yet.
 */
import type { Answer, EffectRequest } from "../../lang/effect.ts";
import type { Place } from "../../lang/ir/ir.ts";
import type { Frame } from "../../lang/vm/fiber.ts";
import type { Outcome } from "../../lang/vm/host.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import type { Value } from "../../wit/value.ts";
import { NONE, only, union } from "./labels.ts";
import type { Label } from "./labels.ts";
import { here } from "../durable/log/payload.ts";
import type { Log, Trail } from "./log.ts";
import type { Flow, ProcessKind, ProcessNode, Provenance } from "./provenance.ts";
import type { MadeAtOnce } from "./replay.ts";
import { shown, shownError } from "./shown.ts";
import type { Shown } from "./shown.ts";
import { kindOfRequest, nameOfRequest, Typed } from "./typed.ts";
import type { Readable } from "./typed.ts";

export interface Process {
  readonly id: number;
  /** What its arguments were made from. */
  given: Label;
}

interface Draft extends Process {
  readonly kind: ProcessKind;
  readonly name: string;
  readonly package: string | null;
  readonly place: Place | null;
  step: number | null;
  begun: number | null;
  ended: number | null;
  value: Shown | null;
  /** R2 */
  isKnown: boolean;
  /** Says nothing when no data flows in or out. */
  readonly isQuiet: boolean;
}

const QUIET: ReadonlySet<string> = new Set(["sleep", "timeout", "back-off", "log", "progress"]);

export class Processes {
  readonly #log: Log;
  readonly #readable: Readable;
  readonly #typed: Typed;
  readonly #all: Draft[] = [];
  /** By effect: the last that asked under its id. */
  readonly #asked = new Map<string, { readonly process: Draft; readonly owner: Process | null }>();

  constructor(log: Log, readable: Readable) {
    this.#log = log;
    this.#readable = readable;
    this.#typed = new Typed(readable);
  }

  /** Labels of the arguments that the run began with. */
  params(): Label[] {
    const { args, function: fn } = this.#log.start.entry;
    const { checked, program } = this.#readable;
    const values = new ValueBytes(program.ir).decode(here(args)) as readonly Value[];
    const own = fn === 0 ? checked.params : (checked.functions[fn]?.params ?? []);
    return values.map((value, at) => {
      const param = own[at];
      const name = param?.name ?? `argument ${at + 1}`;
      const node = this.#add({
        kind: "param",
        name,
        value: this.#typed.show(value, param?.type ?? null),
        isKnown: true,
      });
      return only(node.id);
    });
  }

  asked(effect: EffectRequest, owner: Process | null, given: Label): void {
    const trail = this.#log.trail(effect.id, effect.attempt);
    if (owner !== null) this.#into(owner, given);
    const kind = kindOfRequest(effect.request);
    const { request } = effect;
    const pack = request.kind === "call" || request.kind === "fork" ? request.package : null;
    const process =
      (owner as Draft | null) ??
      this.#add({
        kind: "effect",
        name: `${kind} ${nameOfRequest(effect, this.#typed, this.#readable.checked)}`.trimEnd(),
        package: pack === null ? null : (this.#readable.program.packages[pack]?.name ?? null),
        place: placeOf(effect),
        given,
        ...timesOf(trail),
        isKnown: trail !== undefined,
        isQuiet: QUIET.has(kind),
      });
    this.#asked.set(effect.id, { process, owner });
  }

  /** The process that answered; null when it is none. */
  answered(effect: EffectRequest, answer: Answer): Process | null {
    const found = this.#asked.get(effect.id);
    if (found === undefined) return null;
    const { process, owner } = found;
    process.isKnown = true;
    if (owner === null) {
      process.value = answer.kind === "ok" ? this.#typed.output(effect, answer.value) : shownError(answer.error);
    }
    return process;
  }

  called({ call, value, place, trail }: MadeAtOnce, owner: Process | null, given: Label): Process {
    if (owner !== null) return this.#into(owner, given);
    return this.#add({
      kind: "effect",
      name: `call ${this.#typed.called(call)}`,
      package: this.#readable.program.packages[call.package]?.name ?? null,
      place,
      given,
      ...timesOf(trail ?? undefined),
      value: this.#typed.result(call, value),
      isKnown: true,
    });
  }

  said(effect: EffectRequest, owner: Process | null, given: Label, lsn: number): void {
    if (owner !== null) return void this.#into(owner, given);
    const kind = kindOfRequest(effect.request);
    const at = this.#log.at(lsn)?.at ?? null;
    this.#add({
      kind: "output",
      name: `${kind} ${nameOfRequest(effect, this.#typed, this.#readable.checked)}`.trimEnd(),
      place: placeOf(effect),
      given,
      step: lsn,
      begun: at,
      ended: at,
      value: this.#typed.input(effect),
      isKnown: true,
      isQuiet: QUIET.has(kind),
    });
  }

  /** R1 */
  function({ fn }: Frame, place: Place, given: Label): Process {
    return this.#add({ kind: "function", name: fn.name, place, given, isKnown: true });
  }

  /** It is at its RETURN. */
  returned(process: Process, { fn, index, regs }: Frame, pc: number): void {
    const value = regs[fn.code[pc + 1] as number];
    const type = this.#readable.checked.functions[index]?.result ?? null;
    if (value !== undefined) (process as Draft).value = this.#typed.show(value, type);
  }

  /** The call that a callback came out of. */
  calling(effect: string): { readonly process: Process | null; readonly owner: Process | null } {
    return this.#asked.get(effect) ?? { process: null, owner: null };
  }

  /** A callback gave this to the call. */
  given(effect: string, label: Label): void {
    const process = this.#asked.get(effect)?.process;
    if (process !== undefined) this.#into(process, label);
  }

  result(outcome: Outcome, given: Label): void {
    const type = this.#log.start.entry.function === 0 ? this.#readable.program.result : null;
    const value = outcome.state === "done" ? shown(outcome.value, type, this.#readable.program.ir.types) : null;
    this.#add({ kind: "result", name: "result", given, value, isKnown: this.#log.end !== null });
  }

  /** Without what is not known, and without what says nothing. */
  graph(): Provenance {
    const known = new Map(this.#all.filter(({ isKnown }) => isKnown).map((each) => [each.id, each]));
    const flows: Flow[] = [...known.values()].flatMap(({ id, given }) =>
      [...given].filter((from) => from !== id && known.has(from)).map((from) => ({ from, to: id })),
    );
    const touched = new Set(flows.flatMap(({ from, to }) => [from, to]));
    const nodes = [...known.values()].filter(({ id, isQuiet }) => !isQuiet || touched.has(id)).map(nodeOf);
    return { run: this.#log.header.id, nodes, flows };
  }

  #into(process: Process, given: Label): Process {
    process.given = union(process.given, given);
    return process;
  }

  #add(fields: Partial<Draft> & Pick<Draft, "kind" | "name">): Draft {
    const process: Draft = {
      id: this.#all.length + 1,
      given: NONE,
      package: null,
      place: null,
      step: null,
      begun: null,
      ended: null,
      value: null,
      isKnown: false,
      isQuiet: false,
      ...fields,
    };
    this.#all.push(process);
    return process;
  }
}

function nodeOf({ id, kind, name, package: pack, place, step, begun, ended, value }: Draft): ProcessNode {
  return { id, kind, name, package: pack, place, step, begun, ended, value };
}

function placeOf({ file, line, column }: EffectRequest): Place {
  return { file, line, column };
}

function timesOf(trail: Trail | undefined): Pick<Draft, "step" | "begun" | "ended"> {
  if (trail === undefined) return { step: null, begun: null, ended: null };
  const { request, timer, call, done, delivery } = trail;
  const first = [request, timer, call, done, delivery]
    .filter((each) => each !== null)
    .toSorted((a, b) => a.lsn - b.lsn)[0];
  const last = done ?? delivery;
  return { step: first?.lsn ?? null, begun: first?.at ?? null, ended: last?.at ?? null };
}
