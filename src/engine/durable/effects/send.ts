/** Signals to runs, from whoever may send them. */
import { encodeEntry } from "../../../journal/entry/entry-codec.ts";
import type { Signalled } from "../../../journal/buffer/signals.ts";
import type { Store } from "../../../journal/store.ts";
import { decodeAny, encodeAny } from "../../../wit/cbor.ts";
import type { AnyValue } from "../../../wit/any.ts";
import type { Value } from "../../../wit/value.ts";
import { payloadOf } from "../log/payload.ts";
import { ValueBytes } from "../value-bytes.ts";

/** Data knows no program. */
const DATA: ValueBytes = new ValueBytes({ types: [], functions: [] });

/**
 * Leaves a signal for a run, running or not. Resolves when it is durable; one of the same `sender` is taken once.
 *
 * @throws {Fault} `unknown-run`
 */
export async function sendSignal(
  store: Store,
  run: string,
  signal: { readonly name: string; readonly value: AnyValue; readonly sender: string },
): Promise<Signalled> {
  const { name, sender } = signal;
  const bytes = DATA.encode(decodeAny(encodeAny(signal.value)) as Value);
  const value = payloadOf(bytes, (large) => store.keep(run, large));
  return await store.signal(run, sender, encodeEntry({ kind: "SIG", name, sender, value }));
}
