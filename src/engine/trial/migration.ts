/**
 * A migration: a file of functions, of which `migrate` makes the new variables of a run from its old ones.
 *
 *   M1  It is a program without a top level, packages, other files or effects: only what it is given decides what it gives.
 *   M2  It is given and gives a record each, whose fields are variables of the two versions, by their names.
 */
import { Fault } from "../../fault.ts";
import type { Digest } from "../../journal/entry/entry.ts";
import { checkProgram } from "../../lang/check/check.ts";
import { compileProgram } from "../../lang/compile/compile.ts";
import { Diagnostics } from "../../lang/diagnostics.ts";
import { irDigest } from "../../lang/ir/ir-codec.ts";
import type { Ir } from "../../lang/ir/ir.ts";
import { Source } from "../../lang/source.ts";
import type { Span } from "../../lang/source.ts";
import { parseFile } from "../../lang/syntax/parser.ts";
import type { CheckedProgram, Fn } from "../../lang/typed.ts";
import type { RecordType } from "../../lang/types.ts";
import type { ErrorValue } from "../../lang/value.ts";
import { Vm } from "../../lang/vm/vm.ts";
import type { Value } from "../../wit/value.ts";
import { ProgramRefused } from "../embedding/refused.ts";

/** Instructions that it may take: about half a second. */
const MOST = 5_000_000;

const DECLARATIONS: ReadonlySet<string> = new Set(["function", "record", "variant", "enum", "flags"]);

const HINT = "It is `function migrate(old: Old) -> New { … }`, where Old and New are records";

export class Migration {
  readonly source: Source;
  /** Tells it from others. */
  readonly digest: Digest;
  readonly old: RecordType;
  readonly next: RecordType;
  readonly #ir: Ir;
  readonly #fn: number;
  readonly #fields: ReadonlyMap<string, Span>;
  readonly #span: Span;

  /** @throws {ProgramRefused} */
  constructor(file: string, text: string) {
    this.source = new Source(file, text);
    const { program, diagnostics } = checkProgram(this.source, ALONE);
    if (program === null) throw new ProgramRefused(diagnostics);
    const { fn, old, next } = shapeOf(program, this.source);
    this.old = old;
    this.next = next;
    this.#fn = fn.index;
    this.#span = fn.span;
    this.#ir = compileProgram(program);
    this.digest = irDigest(this.#ir);
    this.#fields = fieldSpans(this.source);
  }

  /** Where a field of one of its records is declared. */
  place(record: RecordType, field: string): Span {
    return this.#fields.get(`${record.name}.${field}`) ?? this.#span;
  }

  /** @throws {Fault} `migration-failed` */
  run(old: Value): Value {
    const vm = Vm.start(this.#ir, this.#fn, [old]);
    const outcome = vm.run(undefined, MOST);
    switch (outcome.state) {
      case "done":
        return outcome.value;
      case "failed":
        throw failed(outcome.error);
      default:
        throw new Fault("migration-failed", `${this.source.name} takes too long`);
    }
  }
}

/** M1: there is nothing beside it. */
const ALONE: Parameters<typeof checkProgram>[1] = {
  file: () => null,
  package: () => ({ problem: "a migration requires no packages", unusable: true }),
  functions: new Map(),
  packageNames: [],
  platform: { shell: false },
};

/** M2. @throws {ProgramRefused} */
function shapeOf(program: CheckedProgram, source: Source): { fn: Fn; old: RecordType; next: RecordType } {
  const diagnostics = new Diagnostics();
  const wrong = (span: Span, what: string): void =>
    diagnostics.error(source, span, "not-a-migration", { what }, { hint: HINT });
  for (const { kind, span } of parseFile(source, new Diagnostics()).items) {
    if (!DECLARATIONS.has(kind)) wrong(span, "has functions only");
  }
  for (const { kind, row, span } of program.functions.slice(1)) {
    if (row !== "pure" || kind === "workflow") wrong(span, "has no effects");
  }
  const fn = program.functions.find(({ name, kind }) => name === "migrate" && kind === "function");
  if (fn === undefined) wrong({ start: 0, end: 0 }, "has a function `migrate`");
  const [param, more] = fn?.params ?? [];
  const old = more === undefined && param?.type.kind === "record" ? param.type : null;
  const next = fn?.result.kind === "record" ? fn.result : null;
  if (fn !== undefined && old === null) wrong(fn.span, "takes one record");
  if (fn !== undefined && next === null) wrong(fn.span, "gives a record");
  if (fn === undefined || old === null || next === null || diagnostics.hasErrors) {
    throw new ProgramRefused(diagnostics.all());
  }
  return { fn, old, next };
}

function failed({ code, message, trace }: ErrorValue): Fault {
  const [at] = trace;
  const place = at === undefined ? "The migration" : `${at.file}:${at.line}:${at.column}`;
  return new Fault("migration-failed", `${place}: ${code}: ${message}`);
}

function fieldSpans(source: Source): ReadonlyMap<string, Span> {
  const spans = new Map<string, Span>();
  for (const item of parseFile(source, new Diagnostics()).items) {
    if (item.kind !== "record") continue;
    for (const { name } of item.fields) spans.set(`${item.name.name}.${name.name}`, name.span);
  }
  return spans;
}
