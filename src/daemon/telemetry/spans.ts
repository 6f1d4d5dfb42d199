/**
 * What a run's log says as spans: one of the run, one of each effect, timer and call into a plugin.
 *
 *   N1  Spans have names, times and codes, and no value: no argument, no result, no message of an error, nothing printed.
 *   N2  The same entry gives the same span, whoever reads it and how often: ids come from the run and the effect.
 *   N3  Times are those at which entries became durable.
 */
import type { Entry, EntryOf } from "../../journal/entry/entry.ts";

/** Gives so many hex digits for a text; never only zeros. */
export type Naming = (text: string, digits: number) => string;

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly name: string;
  /** `client`: something outside was asked. */
  readonly kind: "internal" | "client";
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly status: "unset" | "ok" | "error";
  readonly attributes: Readonly<Record<string, string | number>>;
}

export interface RunSpansOptions {
  readonly run: string;
  /** The run that began it all: this one, or that of its parents which nobody spawned. */
  readonly root: string;
  /** The program's file, or the workflow that was spawned. */
  readonly name: string;
  readonly naming: Naming;
  /** The code of an error, from its bytes; null when it cannot be told. */
  readonly codeOf: (failure: Uint8Array) => string | null;
}

interface Begun {
  readonly name: string;
  readonly kind: Span["kind"];
  readonly start: number;
  readonly attributes: Span["attributes"];
}

/** Takes the entries of one run in their order, from the first. */
export class RunSpans {
  readonly #options: RunSpansOptions;
  readonly #trace: string;
  readonly #begun = new Map<string, Begun>();
  #start: EntryOf<"START"> | null = null;

  constructor(options: RunSpansOptions) {
    this.#options = options;
    this.#trace = options.naming(`trace ${options.root}`, 32);
  }

  /** The span that ends with an entry, if one does. `at`: when it became durable. */
  take(entry: Entry, at: number): Span | null {
    switch (entry.kind) {
      case "START":
        this.#start = entry;
        return null;
      case "REQ":
        return this.#begin(entry, {
          name: entry.what,
          kind: "client",
          start: at,
          attributes: { "sennit.class": entry.class },
        });
      case "CALL":
        return this.#begin(entry, this.#call(entry, at));
      case "ARM":
        return this.#begin(entry, { name: "timer", kind: "internal", start: at, attributes: {} });
      case "DONE":
        return this.#done(entry, at);
      case "END":
        return this.#end(entry, at);
      default:
        return null;
    }
  }

  #begin({ eff, attempt }: { readonly eff: string; readonly attempt: number }, begun: Begun): null {
    const key = `${eff} ${attempt}`;
    // A call begins where it enters its plugin, whatever was asked for before.
    if (!this.#begun.has(key)) this.#begun.set(key, begun);
    return null;
  }

  #call({ package: pack, function: name }: EntryOf<"CALL">, start: number): Begun {
    const from = this.#start?.packages[pack * 2] ?? "";
    return {
      name: `${from} ${name}`,
      kind: "internal",
      start,
      attributes: { "sennit.package": from, "code.function": name },
    };
  }

  #done({ eff, attempt, outcome, value }: EntryOf<"DONE">, end: number): Span | null {
    const key = `${eff} ${attempt}`;
    const begun = this.#begun.get(key);
    if (begun === undefined) return null; // computed, or read: it took no time of its own
    this.#begun.delete(key);
    const failed = outcome === "error" || outcome === "fault";
    const code = failed && value instanceof Uint8Array ? this.#options.codeOf(value) : null;
    return this.#span(begun, end, {
      spanId: this.#id(`effect ${key}`),
      parentSpanId: this.#id("run"),
      status: failed ? "error" : "unset",
      attributes: {
        ...begun.attributes,
        "sennit.outcome": outcome,
        ...(attempt > 1 ? { "sennit.attempt": attempt } : {}),
        ...(code === null ? {} : { "error.type": code }),
      },
    });
  }

  #end({ ending, value }: EntryOf<"END">, end: number): Span | null {
    const start = this.#start;
    if (start === null) return null;
    const [parent, effect] = start.parent;
    const code = ending === "failed" && value instanceof Uint8Array ? this.#options.codeOf(value) : null;
    const begun: Begun = { name: this.#options.name, kind: "internal", start: start.created, attributes: {} };
    return this.#span(begun, end, {
      spanId: this.#id("run"),
      parentSpanId: parent === undefined ? null : this.#options.naming(`${parent} effect ${effect ?? ""} 1`, 16),
      status: ending === "failed" ? "error" : ending === "done" ? "ok" : "unset",
      attributes: { "sennit.ending": ending, ...(code === null ? {} : { "error.type": code }) },
    });
  }

  #id(of: string): string {
    return this.#options.naming(`${this.#options.run} ${of}`, 16);
  }

  #span(
    { name, kind, start }: Begun,
    end: number,
    rest: Pick<Span, "spanId" | "parentSpanId" | "status" | "attributes">,
  ): Span {
    const attributes = { "sennit.run": this.#options.run, ...rest.attributes };
    return { ...rest, traceId: this.#trace, name, kind, start, end: Math.max(start, end), attributes };
  }
}
