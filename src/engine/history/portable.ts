/**
 * Runs as one file: what `export` writes and `import` reads.
 *
 *     "sennit run 2\n"                              which version of this format; 1 without packages
 *     kind, length (32 bits, big end first), bytes  as often as it takes
 *
 *   RUN 1    CBOR: a map of `id`, `name`, `created`, `parent` (text or null); its entries follow
 *   ENTRY 2  one entry as in the log (journal/entry-codec.ts)
 *   CHAIN 3  the last link of the run's chain (journal/chain.ts): ends the run
 *   PACK 6   what lies in files of the program: its packages and other sources (pack.ts), after the runs; in version 2 only
 *   BLOB 4   a value that entries name by its digest, or the content of a file
 *   END 5    sha256 of everything before this record; nothing follows
 *
 *   P1  One set of runs has one file: entries in their order, children after their parents, blobs by digest. Without packages
 *       it is of version 1.
 *   P2  What is read may come from anybody. Every length is looked at before anything is taken, every entry is in its one
 *       encoding, chains and digests are made anew, and every blob that is named is there. Nothing else is in the file.
 *   P3  The digests find what was damaged. They do not tell who wrote the file.
 */
import { Fault } from "../../fault.ts";
import { isSame, link, ROOT } from "../../journal/chain.ts";
import type { Hash } from "../../journal/chain.ts";
import { decodeEntry, encodeEntry } from "../../journal/entry/entry-codec.ts";
import type { Digest, Entry } from "../../journal/entry/entry.ts";
import { hexOfBytes } from "../../journal/entry/hex.ts";
import type { AnyValue } from "../../wit/any.ts";
import { decodeAny, encodeAny } from "../../wit/cbor.ts";
import { WitError } from "../../wit/error.ts";
import { decodePack, encodePack } from "./pack.ts";
import type { Pack } from "./pack.ts";
import { blobsOf } from "./payloads.ts";

const MAGIC: Uint8Array = new TextEncoder().encode("sennit run 1\n");
const PACKED: Uint8Array = new TextEncoder().encode("sennit run 2\n");
const FAMILY = "sennit run ";

const RUN = 1;
const ENTRY = 2;
const CHAIN = 3;
const BLOB = 4;
const END = 5;
const PACK = 6;

export interface PortableRun {
  readonly id: string;
  /** Of its program, without folders. */
  readonly name: string;
  readonly created: number;
  /** The run that spawned it, in the same file. */
  readonly parent: string | null;
  readonly entries: readonly Entry[];
}

export interface Portable {
  /** The first is the one that was exported; the others are its children, and theirs. */
  readonly runs: readonly PortableRun[];
  /** Null: they are not in it. */
  readonly pack: Pack | null;
  /** Values and contents of files. */
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
}

/** How much a file may hold. */
export interface PortableLimits {
  readonly bytes: number;
  readonly runs: number;
  readonly entries: number;
  readonly blobs: number;
}

export const PORTABLE_LIMITS: PortableLimits = { bytes: 2 ** 30, runs: 10_000, entries: 2_000_000, blobs: 1_000_000 };

/** The pieces of the file, in order (P1). */
export function* writePortable({ runs, pack, blobs }: Portable, hash: Hash): Generator<Uint8Array> {
  const parts = new Digesting(hash);
  yield parts.add(pack === null ? MAGIC : PACKED);
  for (const { id, name, created, parent, entries } of runs) {
    yield parts.add(
      record(
        RUN,
        encodeAny(
          new Map<string, AnyValue>([
            ["id", id],
            ["name", name],
            ["created", created],
            ["parent", parent],
          ]),
        ),
      ),
    );
    let chain = ROOT;
    for (const [at, entry] of entries.entries()) {
      const bytes = encodeEntry(entry);
      chain = link(hash, chain, at + 1, bytes);
      yield parts.add(record(ENTRY, bytes));
    }
    yield parts.add(record(CHAIN, chain));
  }
  if (pack !== null) yield parts.add(record(PACK, encodePack(pack)));
  for (const [, bytes] of [...blobs].toSorted(([a], [b]) => (a < b ? -1 : 1))) yield parts.add(record(BLOB, bytes));
  yield record(END, parts.digest());
}

function record(kind: number, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(5 + bytes.length);
  out[0] = kind;
  new DataView(out.buffer).setUint32(1, bytes.length);
  out.set(bytes, 5);
  return out;
}

/** The digest of a list of pieces: of their digests, one after the other, so that no piece has to be kept. */
class Digesting {
  readonly #hash: Hash;
  #sum: Uint8Array = new Uint8Array(32);

  constructor(hash: Hash) {
    this.#hash = hash;
  }

  add(piece: Uint8Array): Uint8Array {
    const both = new Uint8Array(64);
    both.set(this.#sum);
    both.set(this.#hash(piece), 32);
    this.#sum = this.#hash(both);
    return piece;
  }

  digest(): Uint8Array {
    return this.#sum;
  }
}

/** @throws {Fault} `import-invalid`, `import-newer`, `journal-newer`, `limit-exceeded` (P2) */
export function readPortable(bytes: Uint8Array, hash: Hash, limits: PortableLimits = PORTABLE_LIMITS): Portable {
  if (bytes.length > limits.bytes) throw tooMuch("bytes", limits.bytes);
  refuseOther(bytes);
  // A Buffer of Node's is no value of ours.
  return new Reading(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), hash, limits).read();
}

function refuseOther(bytes: Uint8Array): void {
  if ([MAGIC, PACKED].some((magic) => isSame(bytes.subarray(0, magic.length), magic))) return;
  const head = new TextDecoder().decode(bytes.subarray(0, FAMILY.length + 4));
  if (/^sennit run [0-9]/.test(head)) {
    throw new Fault("import-newer", "The file was exported by a newer version", {
      hint: "Import it with that version",
    });
  }
  throw new Fault("import-invalid", "This is no exported run", { hint: "`sennit export ID > FILE` writes one" });
}

class Reading {
  readonly #bytes: Uint8Array;
  readonly #hash: Hash;
  readonly #limits: PortableLimits;
  readonly #digest: Digesting;
  #at: number;
  #entries = 0;

  constructor(bytes: Uint8Array, hash: Hash, limits: PortableLimits) {
    this.#bytes = bytes;
    this.#hash = hash;
    this.#limits = limits;
    this.#digest = new Digesting(hash);
    this.#digest.add(bytes.subarray(0, MAGIC.length));
    this.#at = MAGIC.length;
  }

  read(): Portable {
    const runs: PortableRun[] = [];
    const blobs = new Map<Digest, Uint8Array>();
    let next = this.#record();
    for (; next.kind === RUN; next = this.#record()) {
      if (runs.length >= this.#limits.runs) throw tooMuch("runs", this.#limits.runs);
      runs.push(this.#run(next.bytes));
    }
    const isPacked = isSame(this.#bytes.subarray(0, PACKED.length), PACKED);
    if (isPacked !== (next.kind === PACK)) throw invalid("its packages do not stand where they should");
    const pack = isPacked ? decodePack(next.bytes) : null;
    if (isPacked) next = this.#record();
    for (let before = ""; next.kind === BLOB; next = this.#record()) {
      if (blobs.size >= this.#limits.blobs) throw tooMuch("values", this.#limits.blobs);
      const digest = hexOfBytes(this.#hash(next.bytes));
      if (digest <= before) throw invalid("values are not in their order");
      blobs.set((before = digest), next.bytes);
    }
    if (next.kind !== END || this.#at !== this.#bytes.length) throw invalid("something stands where nothing should");
    if (!isSame(next.bytes, next.before)) throw invalid("it is not what was written");
    refuseUnfit({ runs, pack, blobs });
    return { runs, pack, blobs };
  }

  /** `before`: the digest of everything before it. */
  #record(): { readonly kind: number; readonly bytes: Uint8Array; readonly before: Uint8Array } {
    const from = this.#at;
    const head = this.#bytes.subarray(from, from + 5);
    if (head.length < 5) throw invalid("its end is missing");
    const length = new DataView(head.buffer, head.byteOffset).getUint32(1);
    if (length > this.#bytes.length - from - 5) throw invalid("its end is missing");
    this.#at = from + 5 + length;
    const before = this.#digest.digest();
    this.#digest.add(this.#bytes.subarray(from, this.#at));
    return { kind: head[0] ?? 0, bytes: this.#bytes.subarray(from + 5, this.#at), before };
  }

  #run(head: Uint8Array): PortableRun {
    const { id, name, created, parent } = headOf(head);
    const entries: Entry[] = [];
    let chain = ROOT;
    let next = this.#record();
    for (; next.kind === ENTRY; next = this.#record()) {
      if (++this.#entries > this.#limits.entries) throw tooMuch("entries", this.#limits.entries);
      chain = link(this.#hash, chain, entries.length + 1, next.bytes);
      entries.push(this.#entry(next.bytes));
    }
    if (next.kind !== CHAIN || !isSame(next.bytes, chain)) throw invalid(`the log of ${id} is not what was written`);
    return { id, name, created, parent, entries };
  }

  /** In its one encoding, so that what was checked is what is kept. */
  #entry(bytes: Uint8Array): Entry {
    try {
      const entry = decodeEntry(bytes);
      if (isSame(encodeEntry(entry), bytes)) return entry;
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.code !== "journal-invalid") throw thrown;
    }
    throw invalid("an entry cannot be read");
  }
}

function headOf(bytes: Uint8Array): Omit<PortableRun, "entries"> {
  const data = anyOf(bytes);
  const field = (name: string): AnyValue | undefined =>
    data instanceof Map ? (data as Map<string, AnyValue>).get(name) : undefined;
  const [id, name, created, parent] = [field("id"), field("name"), field("created"), field("parent")];
  const isWhole = data instanceof Map && data.size === 4 && typeof id === "string" && typeof name === "string";
  if (!isWhole || (typeof parent !== "string" && parent !== null)) throw invalid("a run has no name");
  if (typeof created !== "number" || !Number.isSafeInteger(created) || created < 0)
    throw invalid("a run has no beginning");
  return { id, name, created, parent };
}

function anyOf(bytes: Uint8Array): AnyValue {
  try {
    return decodeAny(bytes, { depth: 2 });
  } catch (thrown) {
    if (thrown instanceof WitError) throw invalid("a run has no name");
    throw thrown;
  }
}

/** Every blob that is named is there, of its size, and nothing else is; parents stand before their children. */
function refuseUnfit({ runs, pack, blobs }: Portable): void {
  const [first] = runs;
  if (first === undefined) throw invalid("there is no run in it");
  const ids = new Set<string>();
  for (const { id, parent } of runs) {
    if (ids.has(id)) throw invalid(`there are two runs ${id} in it`);
    if (ids.size > 0 && (parent === null || !ids.has(parent))) throw invalid(`the run ${id} belongs to none in it`);
    ids.add(id);
  }
  const named = new Set<Digest>();
  const values = runs.flatMap(({ entries }) => entries.flatMap(blobsOf));
  for (const { digest, size } of [...values, ...(pack?.files.values() ?? [])]) {
    if (blobs.get(digest)?.length !== size) throw invalid(`the value ${digest} is missing`);
    named.add(digest);
  }
  if (named.size !== blobs.size) throw invalid("there are values in it that no run has");
}

function tooMuch(what: string, most: number): Fault {
  return new Fault("limit-exceeded", `The file holds more than ${most} ${what}`);
}

function invalid(why: string): Fault {
  return new Fault("import-invalid", `The file cannot be imported: ${why}`, { hint: "Export the run again" });
}
