/**
 * Capabilities: what a plugin or a program may reach, as text in manifests and grants and as data here (I6).
 *
 *   fs:<path>[:ro]      files below a folder or one file; relative paths start at the project's folder
 *   net:<host>[:<port>] requests to one host; without a port, to 80 and 443. A host is a name, `*.` and a name (which means
 *                       the names below it, not itself), an IPv4 address, or an IPv6 address in brackets
 *   env:<NAME>          one variable of the environment
 *   secret:<NAME>       one secret, to be put on the wire by the host and never seen
 *   run[:<command>]     start programs, or one program
 *   clock:live          the time as it passes, and random:live: chance that no seed repeats
 *   log                 be heard: what a plugin prints and logs is kept
 *
 *   A1  Only `run` may stand without what narrows it, and then means all programs.
 *   A2  A path is compared by whole steps: `fs:data` covers `fs:data/a`, never `fs:database`; `..` is resolved first.
 *   A3  A relative and an absolute path never cover each other: who compares them resolves them first.
 *   A4  A host is kept in the one form that URLs give it: lower case, ASCII (`münchen.example` is `xn--mnchen-3ya.example`),
 *       addresses written out (`127.1` is `127.0.0.1`), no dot at the end. So equal hosts are equal texts.
 */
import { Fault } from "../fault.ts";

export type Capability =
  | { readonly kind: "fs"; readonly path: string; readonly readOnly: boolean }
  | { readonly kind: "run"; readonly name: string | null }
  | { readonly kind: "env" | "secret"; readonly name: string }
  /** `host` is as A4 says, perhaps after `*.`; a `port` of null means `WEB_PORTS`. */
  | { readonly kind: "net"; readonly host: string; readonly port: number | null }
  | { readonly kind: "log" | "clock" | "random" };

/** What a host without a port means: those of http and https. */
const WEB_PORTS: readonly number[] = [80, 443];

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** @throws {Fault} `capability-invalid` */
export function parseCapability(text: string): Capability {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? null : text.slice(colon + 1);
  switch (kind) {
    case "fs":
      return parseFiles(rest, text);
    case "run":
      if (rest === null) return { kind, name: null };
      return { kind, name: parseName(rest, /^[^\s/\\:]+$/, text) };
    case "env":
    case "secret":
      if (rest === null) throw invalid(text, `\`${kind}\` needs a name, such as \`${kind}:API_TOKEN\``);
      return { kind, name: parseName(rest, NAME, text) };
    case "net":
      return parseNet(rest, text);
    case "clock":
    case "random":
      if (rest !== "live") throw invalid(text, `what is meant is \`${kind}:live\``);
      return { kind };
    case "log":
      if (rest !== null) throw invalid(text, "`log` stands alone");
      return { kind };
    default:
      throw invalid(text, "it begins with none of `fs:`, `net:`, `env:`, `secret:`, `run`, `clock:`, `random:`, `log`");
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
      return `net:${capability.host}${capability.port === null ? "" : `:${capability.port}`}`;
    case "clock":
    case "random":
      return `${capability.kind}:live`;
    case "log":
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
      return want.kind === "net" && coversHost(grant.host, want.host) && coversPort(grant.port, want.port);
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

/** `*.a.org` covers `b.a.org` and `*.b.a.org`, and not `a.org`. */
function coversHost(grant: string, want: string): boolean {
  return grant === want || (grant.startsWith("*.") && want.length > grant.length - 1 && want.endsWith(grant.slice(1)));
}

function coversPort(grant: number | null, want: number | null): boolean {
  return grant === want || (grant === null && want !== null && WEB_PORTS.includes(want));
}

function parseFiles(rest: string | null, text: string): Capability {
  const readOnly = rest?.endsWith(":ro") === true;
  const path = readOnly ? rest.slice(0, -3) : rest;
  if (path === null || path === "") throw invalid(text, "`fs` needs a path, such as `fs:data` or `fs:data:ro`");
  if (path.includes("\0")) throw invalid(text, "a path has no NUL");
  return { kind: "fs", path: normalized(path), readOnly };
}

function parseName(rest: string, form: RegExp, text: string): string {
  if (!form.test(rest)) throw invalid(text, "what follows the colon is not one plain name");
  return rest;
}

function parseNet(rest: string | null, text: string): Capability {
  if (rest === null) throw invalid(text, "`net` needs a host, such as `net:api.example.org` or `net:localhost:8080`");
  const [, written = "", digits] = /^([^:[\]]+|\[[^\]]*\])(?::(\d{1,5}))?$/.exec(rest) ?? [];
  const host = canonicalHost(written.replace(/^\*\./, ""));
  const port = digits === undefined ? null : Number(digits);
  if (host === null || (port !== null && (port > 65_535 || port === 0)))
    throw invalid(text, "`net` takes one host and perhaps a port");
  if (!written.startsWith("*.")) return { kind: "net", host, port };
  if (isAddress(host) || !host.includes(".")) throw invalid(text, "`*.` stands before a name of several parts");
  return { kind: "net", host: `*.${host}`, port };
}

/** A host as URLs write it (A4); null when it is none. */
export function canonicalHost(written: string): string | null {
  // What a URL would take for its other parts, or decode, is no part of a host.
  if (written === "" || /[%/\\?#@*\s]/u.test(written)) return null;
  const url = URL.canParse(`http://${written}/`) ? new URL(`http://${written}/`) : null;
  if (url === null || url.port !== "" || url.username !== "" || url.pathname !== "/") return null;
  const host = url.hostname.replace(/\.$/, "");
  // Soft hyphens and the like disappear, tabs are dropped: what is left may be nothing.
  return host === "" || host.includes("..") || host.startsWith(".") ? null : host;
}

/** Of a host as `canonicalHost` gives it. */
export function isAddress(host: string): boolean {
  return host.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
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
    hint: "Write `fs:<path>`, `fs:<path>:ro`, `net:<host>`, `net:<host>:<port>`, `env:<NAME>`, `secret:<NAME>`, `run`, `run:<command>`, `clock:live`, `random:live` or `log`.",
  });
}
