/** `sennit:host/files`: the files a plugin was granted (S1–S5 in `files.node.ts`). */
import { FILE_ERRORS, FILE_KINDS } from "../../host/offers.ts";
import { integer } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import { err, ok } from "./answers.ts";
import { fileFailure } from "./file-failure.node.ts";
import { Files } from "./files.node.ts";
import type { FileKind, FilePorts, FileStatus } from "./files.node.ts";
import { FILES_AT_ONCE, Gate } from "./gate.ts";
import type { HostCall, HostCalls } from "./host-plugin.ts";

export interface OfferedFiles extends FilePorts {
  /** What stands before a capability in a grant: `acme:fetcher=`. */
  readonly holder: string;
  /** The grants as they are written. */
  readonly written: () => readonly { readonly path: string; readonly writable: boolean }[];
}

/** By the names of the functions. */
export function offeredFiles(ports: OfferedFiles): HostCalls {
  const files = new Files(ports);
  const gate = new Gate(FILES_AT_ONCE);
  const may =
    (work: (path: string, args: readonly Value[]) => Promise<Value | void>): HostCall =>
    async ([path, ...args], givenUp) => {
      try {
        return ok((await gate.pass("", givenUp, () => work(String(path), args))) ?? null);
      } catch (failure) {
        const { kind, why } = fileFailure(failure, ports.holder);
        return err(FILE_ERRORS.indexOf(kind), `${String(path)}: ${why}`);
      }
    };
  return {
    grants: () => ports.written().map(({ path, writable }) => [path, writable]),
    read: may((path) => files.read(path)),
    write: may((path, [bytes]) => files.write(path, bytesOf(bytes))),
    list: may(async (path) => (await files.list(path)).map(({ name, kind }) => [name, numberOf(kind)])),
    "status-of": may(async (path) => statusValue(await files.status(path, "followed"))),
    "link-status": may(async (path) => statusValue(await files.status(path, "itself"))),
    "read-at": may((path, [offset, length]) => files.readAt(path, big(offset), Number(length))),
    "write-at": may((path, [offset, bytes]) => files.writeAt(path, big(offset), bytesOf(bytes))),
    append: may((path, [bytes]) => files.append(path, bytesOf(bytes))),
    create: may((path) => files.create(path)),
    "set-size": may((path, [size]) => files.setSize(path, big(size))),
    sync: may((path) => files.sync(path)),
    "make-folder": may((path) => files.makeFolder(path)),
    remove: may((path) => files.remove(path)),
    "remove-folder": may((path) => files.removeFolder(path)),
    rename: may((path, [newPath]) => files.rename(path, String(newPath))),
  };
}

function numberOf(kind: FileKind): number {
  return FILE_KINDS.indexOf(kind);
}

function statusValue({ kind, size, modified, identity }: FileStatus): Value {
  return [numberOf(kind), integer(size), integer(modified), integer(identity)];
}

function bytesOf(value: Value | undefined): Uint8Array {
  return value as Uint8Array;
}

function big(value: Value | undefined): bigint {
  return BigInt(value as number | bigint);
}
