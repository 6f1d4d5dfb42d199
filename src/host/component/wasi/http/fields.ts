/**
 * `fields` of `wasi:http/types`: the headers of a request or a response.
 *
 *   H1  Nothing in a name or a value can end a line; the headers that say how a message travels are the host's (`forbidden`).
 *   H2  Names are compared without their case, and kept with it.
 */
import { CaseValue, ERR, OK, Opaque, type Value } from "../../../../wit/value.ts";
import type { WasiContext } from "../context.ts";
import { object, type Typed } from "../table.ts";

export type Field = readonly [name: string, value: Uint8Array];

const DONE: CaseValue = new CaseValue(OK, null);
/** Cases of `header-error`. */
const INVALID: CaseValue = new CaseValue(ERR, new CaseValue(0, null));
const FORBIDDEN: CaseValue = new CaseValue(ERR, new CaseValue(1, null));
const IMMUTABLE: CaseValue = new CaseValue(ERR, new CaseValue(2, null));

/** Bytes of all names and values. */
const LARGEST = 131_072;

const TRAVEL: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

export class Fields extends Opaque {
  override readonly opaque = "fields";
  readonly isFixed: boolean;
  #entries: readonly Field[];

  constructor(entries: readonly Field[], isFixed: boolean) {
    super();
    this.#entries = entries;
    this.isFixed = isFixed;
  }

  get entries(): readonly Field[] {
    return this.#entries;
  }

  get size(): number {
    return sizeOf(this.#entries);
  }

  get(name: string): readonly Uint8Array[] {
    return this.#entries.flatMap(([each, value]) => (isSame(each, name) ? [value] : []));
  }

  /** The same without the fields of a name, and with others at the end. A refusal is an answer to the guest (H1). */
  replace(dropped: string | null, added: readonly Field[]): Value {
    if (this.isFixed) return IMMUTABLE;
    if (dropped !== null && !isName(dropped)) return INVALID;
    const refusal = refusalOf(added);
    if (refusal !== null) return refusal;
    const kept = dropped === null ? this.#entries : this.#entries.filter(([name]) => !isSame(name, dropped));
    const entries = [...kept, ...added];
    if (sizeOf(entries) > LARGEST) return FORBIDDEN;
    this.#entries = entries;
    return DONE;
  }
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function sizeOf(entries: readonly Field[]): number {
  return entries.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
}

function isName(name: string): boolean {
  return /^[!#$%&'*+.^_`|~a-z0-9-]+$/i.test(name);
}

/** As `sennit:host/http` takes them: tabs, and from the space on all but DEL. */
function isValue(value: Uint8Array): boolean {
  return value.every((byte) => byte === 9 || (byte >= 32 && byte !== 127));
}

function refusalOf(fields: readonly Field[]): Value {
  for (const [name, value] of fields) {
    if (!isName(name) || !isValue(value)) return INVALID;
    if (TRAVEL.has(name.toLowerCase())) return FORBIDDEN;
  }
  return null;
}

/** Changes fields, and tells how much they hold now. */
function changed(context: WasiContext, self: Fields, dropped: string | null, added: readonly Field[]): Value {
  const answer = self.replace(dropped, added);
  context.holdings.hold(self, self.size);
  return answer;
}

function fromList(context: WasiContext, [list]: readonly Value[]): Value {
  const fields = new Fields([], false);
  const answer = fields.replace(null, list as unknown as readonly Field[]);
  return answer === DONE ? new CaseValue(OK, context.holdings.hold(fields, fields.size)) : answer;
}

const F = "borrow<fields>";
const HEADER_ERROR = "variant<_, _, _>";
const ENTRIES = "list<tuple<string, list<u8>>>";

export const fieldFunctions: Readonly<Record<string, Typed>> = {
  "[constructor]fields": ["=> own<fields>", ({ holdings }) => holdings.hold(new Fields([], false))],
  "[static]fields.from-list": [`${ENTRIES} => result<own<fields>, ${HEADER_ERROR}>`, fromList],
  "[method]fields.get": [`${F}, string => list<list<u8>>`, (_, [self, name]) => object(self, Fields).get(String(name))],
  "[method]fields.has": [
    `${F}, string => bool`,
    (_, [self, name]) => object(self, Fields).get(String(name)).length > 0,
  ],
  "[method]fields.set": [
    `${F}, string, list<list<u8>> => result<_, ${HEADER_ERROR}>`,
    (context, [self, name, values]) => {
      const added = (values as readonly Uint8Array[]).map((value) => [String(name), value] as const);
      return changed(context, object(self, Fields), String(name), added);
    },
  ],
  "[method]fields.delete": [
    `${F}, string => result<_, ${HEADER_ERROR}>`,
    (context, [self, name]) => changed(context, object(self, Fields), String(name), []),
  ],
  "[method]fields.append": [
    `${F}, string, list<u8> => result<_, ${HEADER_ERROR}>`,
    (context, [self, name, value]) =>
      changed(context, object(self, Fields), null, [[String(name), value as Uint8Array]]),
  ],
  "[method]fields.entries": [`${F} => ${ENTRIES}`, (_, [self]) => object(self, Fields).entries],
  "[method]fields.clone": [
    `${F} => own<fields>`,
    ({ holdings }, [self]) => {
      const { entries, size } = object(self, Fields);
      return holdings.hold(new Fields(entries, false), size);
    },
  ],
};
