/**
 * The variables of a run's main program by their names, where the run is.
 *
 *   N1  A name is the variable that it would be if the program wrote it there; where that cannot be told, it is none.
 *   N2  A variable of which something that goes on has taken the value is held: the two would differ.
 *   N3  Where a test may have told the program that a variable is not nil, it does not become nil.
 */
import { placeOf } from "../../lang/ir/ir.ts";
import type { Source, Span } from "../../lang/source.ts";
import type { CheckedProgram, Fn, Local } from "../../lang/typed.ts";
import { isNullable } from "../../lang/types.ts";
import type { Type } from "../../lang/types.ts";
import type { Frame, Group, Register } from "../../lang/vm/fiber.ts";
import type { Machine } from "../../lang/vm/machine.ts";
import { mainFiber } from "../../lang/vm/rewrite.ts";
import { Some } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import { closuresOf } from "../history/now-calls.ts";
import type { Readable } from "../history/typed.ts";

export interface MainVariable {
  readonly local: Local;
  /** Undefined: nothing was assigned to it. */
  readonly value: Register;
}

export class MainVariables {
  readonly #checked: CheckedProgram;
  readonly #machine: Machine;
  readonly #frame: Frame;
  readonly #fn: Fn;
  readonly #at: Span["start"];

  /** Null when the main program has ended. */
  static of({ program, checked }: Readable, machine: Machine): MainVariables | null {
    const frame = mainFiber(machine)?.frames[0];
    const fn = frame === undefined ? undefined : checked.functions[frame.index];
    if (frame === undefined || fn === undefined) return null;
    const { line, column } = placeOf(program.ir, frame.fn, frame.pc);
    const source = checked.files[fn.file];
    return source === undefined ? null : new MainVariables(checked, machine, frame, fn, offsetOf(source, line, column));
  }

  private constructor(checked: CheckedProgram, machine: Machine, frame: Frame, fn: Fn, at: number) {
    this.#checked = checked;
    this.#machine = machine;
    this.#frame = frame;
    this.#fn = fn;
    this.#at = at;
  }

  get names(): readonly string[] {
    return this.#fn.locals.flatMap(({ name }) => (name === "" ? [] : [name]));
  }

  /** N1. A text says why there is none. */
  find(name: string): MainVariable | string {
    const visible = this.#fn.locals
      .filter((local) => local.name === name && name !== "")
      .map((local) => ({ local, value: this.#frame.regs[local.index], home: this.#home(local) }))
      .filter(({ home }) => home === null || this.#isIn(home));
    const least = Math.min(...visible.map(({ home }) => sizeOf(home)));
    const inner = visible.filter(({ home }) => sizeOf(home) === least);
    const assigned = inner.filter(({ value }) => value !== undefined);
    const found = inner.length === 1 ? inner : assigned;
    if (inner.length === 0) return "is none";
    const [only] = found;
    if (only === undefined || found.length > 1)
      return "was declared with more than one type: which one holds is not known";
    return { local: only.local, value: only.value };
  }

  /** N2: by what; null when by nothing. */
  heldBy(name: string): string | null {
    const { fibers, groups, pending } = this.#machine;
    for (const { role, frames } of fibers.values()) {
      const first = frames[0];
      if (role.kind === "main" || first === undefined || !this.#hasTaken(first.index, name)) continue;
      return role.kind === "callback" ? "a callback" : this.#branch(groups.get(role.group), role.index);
    }
    for (const { body } of groups.values()) if (body !== null && this.#hasTaken(body.fn, name)) return "a `para for`";
    for (const { request } of pending.values()) {
      const args = request.request.kind === "call" || request.request.kind === "fork" ? request.request.args : [];
      if (closuresOf(args).some(({ fn }) => this.#hasTaken(fn, name))) return "a function that a plugin was given";
    }
    return null;
  }

  /** N3 */
  mayBecome({ local, value: before }: MainVariable, value: Value): boolean {
    if (before === undefined || local.type.kind !== "option" || !this.#isTested(local)) return true;
    return layers(value, local.type) >= layers(before, local.type);
  }

  #branch(group: Group | undefined, index: number): string {
    return group?.elements === null ? `branch ${index} of \`${group.kind}\`` : `element ${index} of \`para for\``;
  }

  /** Whether a function within the main one has the variable's value: its name says where it stands. */
  #hasTaken(index: number, name: string): boolean {
    const fn = this.#checked.functions[index];
    if (fn === undefined || !fn.name.startsWith(`${this.#fn.name}.`)) return false;
    return fn.captures.some((local) => local.name === name);
  }

  /** The innermost block that all of its uses are in; null: the whole function. */
  #home(local: Local): Span | null {
    if (this.#checked.params.some((param) => param.local === local) || this.#fn.params.includes(local)) return null;
    const all = usesOf(local, this.#fn.body);
    const homes = blocksOf(this.#fn.body).filter(({ block }) => all > 0 && usesOf(local, block) === all);
    return homes.reduce<Span | null>((least, { span }) => (sizeOf(span) < sizeOf(least) ? span : least), null);
  }

  #isIn({ start, end }: Span): boolean {
    return start <= this.#at && this.#at < end;
  }

  /** Whether somewhere it is read as if it were not nil, or taken to where it may be. */
  #isTested(local: Local): boolean {
    let isTested = false;
    visit(this.#fn.body, (node, parent) => {
      if (node !== local) return;
      const { kind, type } = parent as { readonly kind?: unknown; readonly type?: unknown };
      isTested ||= Array.isArray(parent) || (kind === "local" && type !== local.type);
    });
    return isTested || isNullable((local.type as Extract<Type, { kind: "option" }>).some);
  }
}

function sizeOf(span: Span | null): number {
  return span === null ? Infinity : span.end - span.start;
}

function offsetOf(source: Source, line: number, column: number): number {
  const start = source.lineStart(line);
  return (
    start +
    Array.from(source.line(line))
      .slice(0, column - 1)
      .join("").length
  );
}

/** How many layers of an option have a value. */
function layers(value: Value, type: Type): number {
  if (type.kind !== "option" || value === null) return 0;
  return 1 + (value instanceof Some ? layers(value.value, type.some) : 0);
}

/** What of a typed tree leads to no uses of variables. */
const LEAVES: ReadonlySet<string> = new Set(["type", "span", "of", "from", "wit", "conversion", "types"]);

/** Everything in a typed tree, with what it stands in. */
function visit(root: unknown, see: (node: object, parent: object | null) => void): void {
  const work: { readonly node: unknown; readonly parent: object | null }[] = [{ node: root, parent: null }];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const { node, parent } = next;
    if (node === null || typeof node !== "object" || (node as { kind?: unknown }).kind === "const") continue;
    see(node, parent);
    for (const [name, inside] of Object.entries(node)) if (!LEAVES.has(name)) work.push({ node: inside, parent: node });
  }
}

function usesOf(local: Local, root: unknown): number {
  let count = 0;
  visit(root, (node) => void (count += node === local ? 1 : 0));
  return count;
}

/** The scopes within a function. */
function blocksOf(root: unknown): readonly { readonly span: Span; readonly block: object }[] {
  const found: { span: Span; block: object }[] = [];
  visit(root, (node) => {
    const { kind, span } = node as { readonly kind?: unknown; readonly span?: Span };
    if (kind === "block" && span !== undefined) found.push({ span, block: node });
  });
  return found;
}
