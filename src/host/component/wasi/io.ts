/**
 * wasi:io: streams that end in log lines or in nothing, and polling.
 * Everything is in the form that jco's bindings take: results as `{ tag, val }`, u64 as bigint.
 */
import type { WasiContext } from "./context.ts";
import type { LineWriter } from "./context.ts";

type Outcome<T> = { readonly tag: "ok"; readonly val: T } | { readonly tag: "err"; readonly val: StreamError };
type StreamError = { readonly tag: "closed" } | { readonly tag: "last-operation-failed"; readonly val: IoError };

const ok = <T>(val: T): Outcome<T> => ({ tag: "ok", val });
const closed: Outcome<never> = { tag: "err", val: { tag: "closed" } };

/** How many bytes `check-write` offers at once. */
const WRITE_ROOM = 1_048_576n;

export class IoError {
  readonly #text: string;
  constructor(text = "error") {
    this.#text = text;
  }
  toDebugString(): string {
    return this.#text;
  }
}

/** Ready at a moment of the guest's clock. */
export class Pollable {
  readonly #context: WasiContext;
  readonly at: bigint;
  constructor(context: WasiContext, at: bigint) {
    this.#context = context;
    this.at = at;
  }
  ready(): boolean {
    return this.at <= this.#context.monotonic;
  }
  block(): void | Promise<void> {
    return waitUntil(this.#context, this.at);
  }
}

/** Nothing can be read: there is no input. */
export class InputStream {
  readonly #context: WasiContext;
  constructor(context: WasiContext) {
    this.#context = context;
  }
  read(): Outcome<Uint8Array> {
    return closed;
  }
  blockingRead(): Outcome<Uint8Array> {
    return closed;
  }
  skip(): Outcome<bigint> {
    return closed;
  }
  blockingSkip(): Outcome<bigint> {
    return closed;
  }
  subscribe(): Pollable {
    return new Pollable(this.#context, 0n);
  }
}

export class OutputStream {
  readonly #context: WasiContext;
  readonly #writer: LineWriter;
  constructor(context: WasiContext, writer: LineWriter) {
    this.#context = context;
    this.#writer = writer;
  }
  checkWrite(): Outcome<bigint> {
    return ok(WRITE_ROOM);
  }
  write(bytes: Uint8Array): Outcome<undefined> {
    this.#writer.write(bytes);
    return ok(undefined);
  }
  blockingWriteAndFlush(bytes: Uint8Array): Outcome<undefined> {
    return this.write(bytes);
  }
  flush(): Outcome<undefined> {
    return ok(undefined);
  }
  blockingFlush(): Outcome<undefined> {
    return ok(undefined);
  }
  writeZeroes(length: bigint): Outcome<undefined> {
    return this.write(new Uint8Array(Number(length < WRITE_ROOM ? length : WRITE_ROOM)));
  }
  blockingWriteZeroesAndFlush(length: bigint): Outcome<undefined> {
    return this.writeZeroes(length);
  }
  splice(): Outcome<bigint> {
    return closed;
  }
  blockingSplice(): Outcome<bigint> {
    return closed;
  }
  subscribe(): Pollable {
    return new Pollable(this.#context, 0n);
  }
}

export function ioInterfaces(context: WasiContext): Record<string, Record<string, unknown>> {
  return {
    "wasi:io/error": { Error: IoError },
    "wasi:io/streams": { InputStream, OutputStream },
    "wasi:io/poll": { Pollable, poll: (all: readonly Pollable[]) => poll(context, all) },
  };
}

/** Indices of the pollables that are ready; waits for the earliest when none is. */
function poll(context: WasiContext, all: readonly Pollable[]): Uint32Array | Promise<Uint32Array> {
  const ready = (): Uint32Array => Uint32Array.from([...all.keys()].filter((at) => all[at]?.ready() === true));
  const now = ready();
  const [first, ...others] = all;
  if (now.length > 0 || first === undefined) return now;
  const waited = waitUntil(
    context,
    others.reduce((least, each) => (each.at < least ? each.at : least), first.at),
  );
  return waited instanceof Promise ? waited.then(ready) : ready();
}

/** A guest that may suspend sleeps; for any other its own clock leaps, and the call goes on. */
function waitUntil(context: WasiContext, at: bigint): void | Promise<void> {
  const nanoseconds = at - context.monotonic;
  if (nanoseconds <= 0n) return;
  if (!context.suspends) return context.advance(nanoseconds);
  return context.sleep(Number(nanoseconds) / 1e6).then(() => context.advance(at - context.monotonic));
}
