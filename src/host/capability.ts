/**
 * Capabilities: what a plugin or a program may reach, as text in manifests and grants and as data here (I6).
 *
 *   fs:<path>[:ro]   files below a folder or one file; relative paths start at the project's folder
 *   run[:<command>]  start programs, or one program
 *   log              be heard: what a plugin prints and logs is kept
 *   net[:<host>[:<port>]]  env[:<NAME>]  secret[:<NAME>]  clock  random      known, and granted by nothing yet
 *
 *   A1  Without its narrowing part a capability means everything of its kind; `fs` alone is not written, `fs:.` is.
 *   A2  A path is compared by whole steps: `fs:data` covers `fs:data/a`, never `fs:database`; `..` is resolved first.
 *   A3  A relative and an absolute path never cover each other: who compares them resolves them first.
 */
import { Fault } from "../fault.ts";

export type Capability =
  | { readonly kind: "fs"; readonly path: string; readonly readOnly: boolean }
  | { readonly kind: "run" | "env" | "secret"; readonly name: string | null }
  | { readonly kind: "net"; readonly host: string | null; readonly port: number | null }
  | { readonly kind: "log" | "clock" | "random" };

/** @throws {Fault} `capability-invalid` */
export function parseCapability(text: string): Capability {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? null : text.slice(colon + 1);
  switch (kind) {
    case "fs":
      return parseFiles(rest, text);
    case "run":
      return { kind, name: parseName(rest, /^[^\s/\\:]+$/, text) };
    case "env":
    case "secret":
      return { kind, name: parseName(rest, /^[A-Za-z_][A-Za-z0-9_]*$/, text) };
    case "net":
      return parseNet(rest, text);
    case "log":
    case "clock":
    case "random":
      if (rest !== null) throw invalid(text, `\`${kind}\` stands alone`);
      return { kind };
    default:
      throw invalid(text, "it begins with none of `fs:`, `run`, `log`");
  }
}

/** The text that `parseCapability` reads back. */
export function formatCapability(capability: Capability): string {
  switch (capability.kind) {
    case "fs":
      return `fs:${capability.path}${capability.readOnly ? ":ro" : ""}`;
    case "run":
    case "env":
    case "secret":
      return capability.name === null ? capability.kind : `${capability.kind}:${capability.name}`;
    case "net":
      return ["net", capability.host, capability.port].filter((part) => part !== null).join(":");
    case "log":
    case "clock":
    case "random":
      return capability.kind;
  }
}

/** Is what is wanted allowed by what was granted? */
export function covers(grant: Capability, want: Capability): boolean {
  switch (grant.kind) {
    case "fs":
      return want.kind === "fs" && (!grant.readOnly || want.readOnly) && isBelow(want.path, grant.path);
    case "run":
    case "env":
    case "secret":
      return want.kind === grant.kind && (grant.name === null || grant.name === want.name);
    case "net":
      return want.kind === "net" && narrows(grant.host, want.host) && narrows(grant.port, want.port);
    case "log":
    case "clock":
    case "random":
      return want.kind === grant.kind;
  }
}

/** True when one of the grants covers it. */
export function isGranted(grants: readonly Capability[], want: Capability): boolean {
  return grants.some((grant) => covers(grant, want));
}

function narrows<T>(grant: T | null, want: T | null): boolean {
  return grant === null || grant === want;
}

function parseFiles(rest: string | null, text: string): Capability {
  const readOnly = rest?.endsWith(":ro") === true;
  const path = readOnly ? rest.slice(0, -3) : rest;
  if (path === null || path === "") throw invalid(text, "`fs` needs a path, such as `fs:data` or `fs:data:ro`");
  if (path.includes("\0")) throw invalid(text, "a path has no NUL");
  return { kind: "fs", path: normalized(path), readOnly };
}

function parseName(rest: string | null, form: RegExp, text: string): string | null {
  if (rest !== null && !form.test(rest)) throw invalid(text, "what follows the colon is not one plain name");
  return rest;
}

function parseNet(rest: string | null, text: string): Capability {
  if (rest === null) return { kind: "net", host: null, port: null };
  const found = /^([A-Za-z0-9*.-]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?$/.exec(rest);
  const port = found?.[2] === undefined ? null : Number(found[2]);
  if (found?.[1] === undefined || (port !== null && port > 65_535))
    throw invalid(text, "`net` takes a host and perhaps a port");
  return { kind: "net", host: found[1].toLowerCase(), port };
}

/** A path by its steps: `/` between them, no `.`, and `..` only where it leads out at the start (A2). */
export function normalized(path: string): string {
  const steps: string[] = [];
  const parts = path.replaceAll("\\", "/").split("/");
  const absolute = path.startsWith("/") || path.startsWith("\\");
  for (const part of parts) {
    if (part === "" || part === ".") continue;
    if (part !== "..") steps.push(part);
    else if (steps.length > 0 && steps.at(-1) !== "..") steps.pop();
    else if (!absolute) steps.push("..");
  }
  const joined = steps.join("/");
  return absolute ? `/${joined}` : joined === "" ? "." : joined;
}

/** Both normalized. */
function isBelow(path: string, folder: string): boolean {
  if (folder === path) return true;
  if (isAbsolute(path) !== isAbsolute(folder)) return false; // A3
  if (folder === "/") return true;
  if (folder === ".") return path !== ".." && !path.startsWith("../");
  if (!path.startsWith(`${folder}/`)) return false;
  return !path.slice(folder.length + 1).startsWith("..");
}

function isAbsolute(path: string): boolean {
  return path.startsWith("/") || /^[A-Za-z]:/.test(path);
}

function invalid(text: string, why: string): Fault {
  return new Fault("capability-invalid", `\`${text}\` is not a capability: ${why}`, {
    hint: "Write `fs:<path>`, `fs:<path>:ro`, `run`, `run:<command>` or `log`.",
  });
}
