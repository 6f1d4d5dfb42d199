/**
 * Values that only the language has. All others are src/wit/value.ts; an Any is src/wit/any.ts, and beside its kinds
 * it may hold an `AnyTyped`, a Duration or record or variant … that flowed into an Any and can flow out again.
 */
import { Opaque } from "../wit/value.ts";
import type { Value } from "../wit/value.ts";

/** A function value: code and what it captured. Belongs to one program (its IR digest goes with it when it is encoded). */
export class Closure extends Opaque {
  override readonly opaque = "closure";
  /** Index of the function in the program. */
  readonly fn: number;
  readonly captures: readonly Value[];
  constructor(fn: number, captures: readonly Value[]) {
    super();
    this.fn = fn;
    this.captures = captures;
  }
}

/** A spawned workflow. `id` is the child's run id. */
export class Task extends Opaque {
  override readonly opaque = "task";
  readonly id: string;
  constructor(id: string) {
    super();
    this.id = id;
  }
}

/** A typed value inside an Any: `type` is its index in the program's table of types. */
export class AnyTyped extends Opaque {
  override readonly opaque = "typed";
  readonly type: number;
  readonly value: Value;
  constructor(type: number, value: Value) {
    super();
    this.type = type;
    this.value = value;
  }
}

/** One line of a trace, innermost first. */
export interface TraceLine {
  /** The package whose guest this is in; null: the workflow itself. */
  readonly package: string | null;
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What `catch` binds. */
export class ErrorValue extends Opaque {
  override readonly opaque = "error";
  readonly code: string;
  readonly message: string;
  /** An Any: the WIT error value, or what was raised. */
  readonly value: Value;
  readonly trace: readonly TraceLine[];
  /** `"sennit"`, `"program"` or a package's name. */
  readonly source: string;
  /** The index of the `para` branch that failed. */
  readonly branch: number | null;
  /** Errors of other branches, and those met while unwinding. */
  readonly suppressed: readonly ErrorValue[];
  constructor(fields: {
    code: string;
    message: string;
    value?: Value;
    trace?: readonly TraceLine[];
    source?: string;
    branch?: number | null;
    suppressed?: readonly ErrorValue[];
  }) {
    super();
    this.code = fields.code;
    this.message = fields.message;
    this.value = fields.value ?? null;
    this.trace = fields.trace ?? [];
    this.source = fields.source ?? "sennit";
    this.branch = fields.branch ?? null;
    this.suppressed = fields.suppressed ?? [];
  }
}
