/** Why something could not be done with a path: of what the system and the grants say, what a program or a plugin is told. */
import { codeOf, Moved } from "./place.node.ts";

/** No grant covers it. */
export class Denied extends Error {}

/** Why a path could not be used, for a person and for a program. */
export interface FileFailure {
  readonly kind:
    | "denied"
    | "not-found"
    | "exists"
    | "not-a-folder"
    | "is-a-folder"
    | "not-empty"
    | "invalid"
    | "too-large"
    | "failed";
  readonly why: string;
}

const SYSTEM: Readonly<Record<string, FileFailure>> = {
  ENOENT: { kind: "not-found", why: "no such file or folder" },
  EEXIST: { kind: "exists", why: "there is one already" },
  ENOTDIR: { kind: "not-a-folder", why: "no folder" },
  EISDIR: { kind: "is-a-folder", why: "a folder" },
  ENOTEMPTY: { kind: "not-empty", why: "the folder is not empty" },
  EINVAL: { kind: "invalid", why: "no place or size that a file can have" },
  ENAMETOOLONG: { kind: "invalid", why: "the path is too long" },
  EFBIG: { kind: "too-large", why: "too large" },
  ELOOP: { kind: "denied", why: "it leads elsewhere" },
};

/** @param holder what stands before the capability in a grant: `acme:fetcher=`, or nothing */
export function fileFailure(failure: unknown, holder = ""): FileFailure {
  if (failure instanceof Denied) return { kind: "denied", why: `no grant covers it (--grant ${holder}fs:<path>)` };
  if (failure instanceof Moved) return { kind: "denied", why: "it leads elsewhere" };
  const code = codeOf(failure) ?? "";
  const known = Object.hasOwn(SYSTEM, code) ? SYSTEM[code] : undefined;
  return known ?? { kind: "failed", why: code === "" ? String(failure) : code };
}
