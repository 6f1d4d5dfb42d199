/**
 * Files in memory, as `sennit:host/files` offers them to an instance: what the engine's provider does, without a disk.
 * Counts what is asked of it. Links are paths that a test puts there.
 */
import { FILE_ERRORS, FILE_KINDS, OFFERS } from "../../../../src/host/offers.ts";
import type { ImportedFunction } from "../../../../src/host/plugin.ts";
import { CaseValue, ERR, OK, type Value } from "../../../../src/wit/value.ts";

type FileError = (typeof FILE_ERRORS)[number];
type Node =
  | { readonly kind: "file"; bytes: Uint8Array }
  | { readonly kind: "folder" | "other" }
  | { readonly kind: "link"; readonly to: string };

class Refused extends Error {
  readonly error: FileError;
  constructor(error: FileError) {
    super(error);
    this.error = error;
  }
}

export class MemoryFiles {
  /** By path, as guests' grants name them. */
  readonly nodes: Map<string, Node> = new Map();
  readonly asked: string[] = [];
  readonly grants: readonly (readonly [path: string, writable: boolean])[];

  constructor(grants: readonly (readonly [path: string, writable: boolean])[]) {
    this.grants = grants;
    for (const [path] of grants) this.nodes.set(path, { kind: "folder" });
  }

  put(path: string, text: string): this {
    this.nodes.set(path, { kind: "file", bytes: new TextEncoder().encode(text) });
    return this;
  }

  text(path: string): string | undefined {
    const node = this.nodes.get(path);
    return node?.kind === "file" ? new TextDecoder().decode(node.bytes) : undefined;
  }

  /** What an instance is given. */
  imports(): Record<string, ImportedFunction> {
    const { id, functions } = OFFERS.files.interface;
    return Object.fromEntries(
      [...functions.keys()].map((name) => [
        `${id}#${name}`,
        {
          colour: "async",
          call: async (args: readonly Value[]) => (await Promise.resolve(), this.#answer(name, args)),
        },
      ]),
    );
  }

  #answer(name: string, [path, ...args]: readonly Value[]): Value {
    this.asked.push(path === undefined ? name : `${name} ${String(path)}`);
    if (name === "grants") return this.grants;
    try {
      return new CaseValue(OK, this.#perform(name, String(path), args));
    } catch (thrown) {
      if (!(thrown instanceof Refused)) throw thrown;
      return new CaseValue(ERR, new CaseValue(FILE_ERRORS.indexOf(thrown.error), thrown.error));
    }
  }

  #perform(name: string, path: string, [first, second]: readonly Value[]): Value {
    switch (name) {
      case "list":
        return this.#list(path);
      case "status-of":
        return this.#status(this.#real(path, false));
      case "link-status":
        return this.#status(this.#granted(path, false));
      case "read-at":
        return this.#file(this.#real(path, false)).bytes.slice(Number(first), Number(first) + Number(second));
      case "write-at":
        return this.#write(this.#real(path, true), Number(first), second as Uint8Array);
      case "append": {
        const real = this.#real(path, true);
        return this.#write(real, this.#file(real).bytes.length, first as Uint8Array);
      }
      case "create":
        return this.#make(path, { kind: "file", bytes: new Uint8Array() });
      case "make-folder":
        return this.#make(path, { kind: "folder" });
      case "set-size": {
        const file = this.#file(this.#real(path, true));
        const bytes = new Uint8Array(Number(first));
        bytes.set(file.bytes.subarray(0, bytes.length));
        file.bytes = bytes;
        return null;
      }
      case "remove":
        return this.#remove(path, false);
      case "remove-folder":
        return this.#remove(path, true);
      case "rename": {
        const node = this.#at(this.#granted(path, true));
        this.nodes.set(this.#granted(String(first), true), node);
        this.nodes.delete(path);
        return null;
      }
      default:
        return null;
    }
  }

  #granted(path: string, write: boolean): string {
    const grant = this.grants.find(
      ([root, writable]) => (writable || !write) && (path === root || path.startsWith(`${root}/`)),
    );
    if (grant === undefined || path.split("/").includes("..")) throw new Refused("denied");
    return path;
  }

  /** Behind links. */
  #real(path: string, write: boolean): string {
    const node = this.nodes.get(this.#granted(path, write));
    return node?.kind === "link" ? this.#real(node.to, write) : path;
  }

  #at(path: string): Node {
    const node = this.nodes.get(path);
    if (node === undefined) throw new Refused("not-found");
    return node;
  }

  #file(path: string): Extract<Node, { kind: "file" }> {
    const node = this.#at(path);
    if (node.kind !== "file") throw new Refused("is-a-folder");
    return node;
  }

  #status(path: string): Value {
    const node = this.#at(path);
    const size = node.kind === "file" ? node.bytes.length : 0;
    return [FILE_KINDS.indexOf(node.kind), size, 1_700_000_000_500_000_000n, [...this.nodes.keys()].indexOf(path)];
  }

  #list(path: string): Value {
    if (this.#at(this.#granted(path, false)).kind !== "folder") throw new Refused("not-a-folder");
    const below = [...this.nodes].filter(
      ([each]) => each.startsWith(`${path}/`) && !each.slice(path.length + 1).includes("/"),
    );
    return below.map(([each, { kind }]) => [each.slice(path.length + 1), FILE_KINDS.indexOf(kind)]);
  }

  #write(path: string, offset: number, bytes: Uint8Array): null {
    const file = this.#file(path);
    const whole = new Uint8Array(Math.max(file.bytes.length, offset + bytes.length));
    whole.set(file.bytes);
    whole.set(bytes, offset);
    file.bytes = whole;
    return null;
  }

  #make(path: string, node: Node): null {
    if (this.nodes.has(this.#granted(path, true))) throw new Refused("exists");
    const above = path.slice(0, Math.max(0, path.lastIndexOf("/")));
    if (above !== "" && this.nodes.get(above)?.kind !== "folder") throw new Refused("not-found");
    this.nodes.set(path, node);
    return null;
  }

  #remove(path: string, folder: boolean): null {
    const { kind } = this.#at(this.#granted(path, true));
    if (folder !== (kind === "folder")) throw new Refused(folder ? "not-a-folder" : "is-a-folder");
    if (folder && [...this.nodes.keys()].some((each) => each.startsWith(`${path}/`))) throw new Refused("not-empty");
    this.nodes.delete(path);
    return null;
  }
}
