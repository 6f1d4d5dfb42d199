/**
 * `wasi:filesystem`: the functions, over descriptors.
 *
 *   W1  A guest that was granted no folder is shown none, and has nothing to call these functions on.
 *   W2  What is asked of the engine suspends the guest. What is not, answers at once: start code may ask which folders there
 *       are.
 *   W3  No links are made and none is read; times are not set.
 */
import { CaseValue, ERR, integer, OK, type Value } from "../../../../wit/value.ts";
import type { WasiContext } from "../context.ts";
import { IoError } from "../error.ts";
import { ROOM } from "../streams.ts";
import { object, type WasiFunction, type WasiTable } from "../table.ts";
import { Descriptor, EntryStream, FileInput, FileOutput } from "./descriptor.ts";
import { codeNumber, type ErrorCode, FilesError } from "./error-code.ts";
import type { Kind, Status } from "./files.ts";
import { isFollowed, openAt, placeAt } from "./open-at.ts";

type Args = readonly Value[];

const DONE: CaseValue = new CaseValue(OK, null);

/** `descriptor-type` */
const TYPES: Readonly<Record<Kind, number>> = { file: 6, folder: 3, link: 5, other: 0 };
const READ = 1;
const WRITE = 2;
const MUTATE = 32;

function err(thrown: unknown): Value {
  if (!(thrown instanceof FilesError)) throw thrown;
  return new CaseValue(ERR, codeNumber(thrown.code));
}

/** Asks the engine, on behalf of the descriptor that is the first argument. */
function asking(work: (self: Descriptor, args: Args, context: WasiContext) => Promise<Value>): WasiFunction {
  return (context, [self, ...args]) => {
    const answered = (value: Value): Value => new CaseValue(OK, value);
    return work(object(self, Descriptor), args, context).then(answered, err);
  };
}

/** Answers by what the descriptor itself knows. */
function knowing(work: (self: Descriptor, args: Args, context: WasiContext) => Value): WasiFunction {
  return (context, [self, ...args]) => {
    try {
      return new CaseValue(OK, work(object(self, Descriptor), args, context));
    } catch (thrown) {
      return err(thrown);
    }
  };
}

function refusing(code: ErrorCode): WasiFunction {
  return knowing(() => {
    throw new FilesError(code);
  });
}

/** A position in a file, or a length. @throws {FilesError} */
function count(value: Value | undefined): number {
  const number = Number(value);
  if (number > Number.MAX_SAFE_INTEGER) throw new FilesError("invalid");
  return number;
}

function directories({ powers: { files }, holdings }: WasiContext): Value {
  return (files?.roots ?? []).map((root) => {
    const rights = { read: true, write: false, mutate: root.writable };
    const place = { files: files as NonNullable<typeof files>, root, steps: "" };
    return [holdings.hold(new Descriptor(place, true, rights, null)), root.path];
  });
}

function flagsOf({ rights: { read, write, mutate } }: Descriptor): number {
  return (read ? READ : 0) | (write ? WRITE : 0) | (mutate ? MUTATE : 0);
}

/** Of a file's times only one is told: when its content changed. */
function statOf({ kind, size, modified }: Status): Value {
  const at = BigInt(modified);
  const changed = [integer(at / 1_000_000_000n), Number(at % 1_000_000_000n)];
  return [TYPES[kind], 1, size, null, changed, null];
}

/** The same while the file is the same and was not written to. */
function hashOf({ identity, modified }: Status): Value {
  return [identity, modified];
}

async function rename(self: Descriptor, [oldPath, to, newPath]: Args): Promise<Value> {
  const target = object(to, Descriptor);
  self.requireMutable();
  target.requireMutable();
  const [from, onto] = [placeAt(self, oldPath), placeAt(target, newPath)];
  if (from.isRoot || onto.isRoot) throw new FilesError("busy");
  await self.files.rename(from.path, onto.path);
  return null;
}

function changing(how: "make-folder" | "remove" | "remove-folder"): WasiFunction {
  return asking(async (self, [path]) => {
    self.requireMutable();
    const place = placeAt(self, path);
    if (place.isRoot) throw new FilesError(how === "make-folder" ? "exist" : "busy");
    if (how === "remove" && place.isFolder) throw new FilesError("is-directory");
    if (how === "make-folder") await self.files.make(how, place.path, self.place.root);
    else await self.files.change(how, place.path);
    return null;
  });
}

const syncing = asking(async (self) => {
  if (self.place.root.writable) await self.files.change("sync", self.path);
  return null;
});

const readDirectory = asking(async (self, _, { holdings }) => {
  self.requireFolder();
  const entries = await self.files.list(self.path);
  const bytes = entries.reduce((sum, { name }) => sum + 2 * name.length + 64, 0);
  return holdings.hold(new EntryStream(entries), bytes);
});

function nextEntry(_: WasiContext, [self]: Args): Value {
  const entry = object(self, EntryStream).next();
  return new CaseValue(OK, entry === null ? null : [TYPES[entry.kind], entry.name]);
}

async function read(self: Descriptor, [length, offset]: Args): Promise<Value> {
  self.requireReadable();
  const wanted = Math.min(count(length), ROOM);
  const bytes = await self.read(count(offset), wanted);
  return [bytes, bytes.length < wanted];
}

async function write(self: Descriptor, [buffer, offset]: Args): Promise<Value> {
  self.requireWritable();
  const bytes = buffer as Uint8Array;
  await self.write(count(offset), bytes);
  return bytes.length;
}

function isSame(_: WasiContext, [self, other]: Args): Value {
  const [a, b] = [object(self, Descriptor), object(other, Descriptor)];
  return a.path === b.path || (a.identity !== null && a.identity === b.identity);
}

function codeOf(_: WasiContext, [error]: Args): Value {
  return object(error, IoError).ofFiles;
}

const D = "borrow<descriptor>";
const DONE_OR = "result<_, enum>";
const TIME = "record<u64, u32>";
const NEW_TIME = `variant<_, _, ${TIME}>`;
const STAT = `record<enum, u64, u64, option<${TIME}>, option<${TIME}>, option<${TIME}>>`;

export const filesTable: WasiTable = {
  "wasi:filesystem/preopens": {
    functions: { "get-directories": ["=> list<tuple<own<descriptor>, string>>", directories] },
  },
  "wasi:filesystem/types": {
    resources: ["descriptor", "directory-entry-stream"],
    functions: {
      "filesystem-error-code": ["borrow<error> => option<enum>", codeOf],
      "[method]descriptor.read-via-stream": [
        `${D}, u64 => result<own<input-stream>, enum>`,
        knowing((self, [offset], { holdings }) => {
          self.requireReadable();
          return holdings.hold(new FileInput(self, count(offset)));
        }),
      ],
      "[method]descriptor.write-via-stream": [
        `${D}, u64 => result<own<output-stream>, enum>`,
        knowing((self, [offset], { holdings }) => {
          self.requireWritable();
          return holdings.hold(new FileOutput(self, count(offset)));
        }),
      ],
      "[method]descriptor.append-via-stream": [
        `${D} => result<own<output-stream>, enum>`,
        knowing((self, _, { holdings }) => {
          self.requireWritable();
          return holdings.hold(new FileOutput(self, null));
        }),
      ],
      "[method]descriptor.advise": [`${D}, u64, u64, enum => ${DONE_OR}`, () => DONE],
      "[method]descriptor.sync-data": [`${D} => ${DONE_OR}`, syncing],
      "[method]descriptor.sync": [`${D} => ${DONE_OR}`, syncing],
      "[method]descriptor.get-flags": [`${D} => result<flags, enum>`, knowing(flagsOf)],
      "[method]descriptor.get-type": [
        `${D} => result<enum, enum>`,
        knowing(({ isFolder }) => TYPES[isFolder ? "folder" : "file"]),
      ],
      "[method]descriptor.set-size": [
        `${D}, u64 => ${DONE_OR}`,
        asking(async (self, [size]) => {
          self.requireWritable();
          await self.resize(count(size));
          return null;
        }),
      ],
      "[method]descriptor.set-times": [`${D}, ${NEW_TIME}, ${NEW_TIME} => ${DONE_OR}`, refusing("unsupported")],
      "[method]descriptor.set-times-at": [
        `${D}, flags, string, ${NEW_TIME}, ${NEW_TIME} => ${DONE_OR}`,
        refusing("unsupported"),
      ],
      "[method]descriptor.read": [`${D}, u64, u64 => result<tuple<list<u8>, bool>, enum>`, asking(read)],
      "[method]descriptor.write": [`${D}, list<u8>, u64 => result<u64, enum>`, asking(write)],
      "[method]descriptor.read-directory": [`${D} => result<own<directory-entry-stream>, enum>`, readDirectory],
      "[method]descriptor.create-directory-at": [`${D}, string => ${DONE_OR}`, changing("make-folder")],
      "[method]descriptor.remove-directory-at": [`${D}, string => ${DONE_OR}`, changing("remove-folder")],
      "[method]descriptor.unlink-file-at": [`${D}, string => ${DONE_OR}`, changing("remove")],
      "[method]descriptor.rename-at": [`${D}, string, ${D}, string => ${DONE_OR}`, asking(rename)],
      "[method]descriptor.stat": [
        `${D} => result<${STAT}, enum>`,
        asking(async (self) => statOf(await self.files.status(self.path, true))),
      ],
      "[method]descriptor.stat-at": [
        `${D}, flags, string => result<${STAT}, enum>`,
        asking(async (self, [flags, path]) => {
          const place = placeAt(self, path);
          return statOf(await self.files.status(place.path, isFollowed(flags) || place.isFolder));
        }),
      ],
      "[method]descriptor.open-at": [
        `${D}, flags, string, flags, flags => result<own<descriptor>, enum>`,
        asking(async (self, args, { holdings }) => holdings.hold(await openAt(self, args))),
      ],
      "[method]descriptor.link-at": [`${D}, flags, string, ${D}, string => ${DONE_OR}`, refusing("not-permitted")],
      "[method]descriptor.symlink-at": [`${D}, string, string => ${DONE_OR}`, refusing("not-permitted")],
      "[method]descriptor.readlink-at": [`${D}, string => result<string, enum>`, refusing("not-permitted")],
      "[method]descriptor.is-same-object": [`${D}, ${D} => bool`, isSame],
      "[method]descriptor.metadata-hash": [
        `${D} => result<record<u64, u64>, enum>`,
        asking(async (self) => hashOf(await self.files.status(self.path, true))),
      ],
      "[method]descriptor.metadata-hash-at": [
        `${D}, flags, string => result<record<u64, u64>, enum>`,
        asking(async (self, [flags, path]) =>
          hashOf(await self.files.status(placeAt(self, path).path, isFollowed(flags))),
        ),
      ],
      "[method]directory-entry-stream.read-directory-entry": [
        "borrow<directory-entry-stream> => result<option<record<enum, string>>, enum>",
        nextEntry,
      ],
    },
    asks: [
      "[method]descriptor.sync-data",
      "[method]descriptor.sync",
      "[method]descriptor.set-size",
      "[method]descriptor.read",
      "[method]descriptor.write",
      "[method]descriptor.read-directory",
      "[method]descriptor.create-directory-at",
      "[method]descriptor.remove-directory-at",
      "[method]descriptor.unlink-file-at",
      "[method]descriptor.rename-at",
      "[method]descriptor.stat",
      "[method]descriptor.stat-at",
      "[method]descriptor.open-at",
      "[method]descriptor.metadata-hash",
      "[method]descriptor.metadata-hash-at",
    ],
  },
};
