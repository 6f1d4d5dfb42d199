/** Values of one program as bytes in its log, and back. What is read is checked against the program, as snapshots are. */
import { ErrorValue } from "../../lang/value.ts";
import type { Answer } from "../../lang/effect.ts";
import type { Ir } from "../../lang/ir/ir.ts";
import { ByteReader, ByteWriter, malformed } from "../../lang/ir/ir-bytes.ts";
import { leafDocument, readValues, ValueWriter } from "../../lang/ir/ir-values.ts";
import type { ValueTables } from "../../lang/ir/ir-values.ts";
import type { Value } from "../../wit/value.ts";

export class ValueBytes {
  readonly #tables: ValueTables;

  /** @param ir null for what is only data: nothing of any program is in it */
  constructor(ir: Pick<Ir, "types" | "functions"> | null) {
    this.#tables = { types: ir?.types.length ?? 0, captures: (fn) => ir?.functions[fn]?.captures };
  }

  encode(value: Value): Uint8Array {
    return leafDocument(value) ?? this.#encode(value, new ValueWriter());
  }

  /** Whether these are the bytes of an equal value, whatever parts of either are shared. */
  isSame(bytes: Uint8Array, value: Value): boolean {
    if (isEqual(bytes, this.encode(value))) return true;
    const canonical = (of: Value): Uint8Array => this.#encode(of, new ValueWriter({ byContent: true }));
    return isEqual(canonical(this.decode(bytes)), canonical(value));
  }

  #encode(value: Value, values: ValueWriter): Uint8Array {
    const root = values.add(value);
    const out = new ByteWriter();
    values.finish(out);
    out.uint(root);
    return out.finish();
  }

  /** @throws {Fault} `malformed` */
  decode(bytes: Uint8Array): Value {
    const input = new ByteReader(bytes);
    const values = readValues(input, this.#tables);
    const root = values[input.index(values.length, "the value")] as Value;
    input.finish();
    return root;
  }

  encodeAnswer(answer: Answer): Uint8Array {
    return this.encode(answer.kind === "ok" ? answer.value : answer.error);
  }

  /** @throws {Fault} `malformed` */
  decodeAnswer(isOk: boolean, bytes: Uint8Array): Answer {
    const value = this.decode(bytes);
    if (isOk) return { kind: "ok", value };
    if (!(value instanceof ErrorValue)) throw malformed("an error is none");
    return { kind: "error", error: value };
  }
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
