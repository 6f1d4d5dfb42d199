/**
 * The interfaces of `sennit:host` that reach what belongs to the user, as data: `wit/sennit-host-0.2/host.wit`, with which a
 * test compares them. Each answers by one kind of capability; who performs them is the engine's business (`engine/std`).
 */
import type { Field, RecordType, VariantType, WitFunction, WitInterface, WitType } from "../wit/types.ts";
import { withoutVersion } from "./names.ts";
import type { Capability } from "./capability.ts";

export const OFFERED_VERSION = "0.2.0";

export type OfferName = "http" | "files" | "env" | "secrets" | "clock" | "random" | "run";

export interface Offer {
  /** What a plugin that imports the interface has to ask for. */
  readonly kind: Capability["kind"];
  /** How a plugin's manifest writes that down. */
  readonly example: string;
  readonly interface: WitInterface;
}

const STRING: WitType = { kind: "string" };
const BOOL: WitType = { kind: "bool" };
const U32: WitType = { kind: "u32" };
const U64: WitType = { kind: "u64" };
const BYTES: WitType = { kind: "list", element: { kind: "u8" } };

type Named = Extract<WitType, { readonly kind: "record" | "variant" | "enum" }>;

function optional(some: WitType): WitType {
  return { kind: "option", some };
}

/** A list of a name and something each. */
function pairs(value: WitType): WitType {
  return { kind: "list", element: { kind: "tuple", items: [STRING, value] } };
}

function fields(of: Readonly<Record<string, WitType>>): readonly Field[] {
  return Object.entries(of).map(([name, type]) => ({ name, type }));
}

function record(id: string, name: string, of: Readonly<Record<string, WitType>>): RecordType {
  return { kind: "record", name: { interface: id, name }, fields: fields(of) };
}

/** An `error` whose every case has a text for people. */
function errorOf(id: string, cases: readonly string[]): VariantType {
  return variant(id, "error", Object.fromEntries(cases.map((name) => [name, STRING])));
}

function variant(id: string, name: string, of: Readonly<Record<string, WitType>>): VariantType {
  return { kind: "variant", name: { interface: id, name }, cases: fields(of) };
}

function fn(name: string, params: Readonly<Record<string, WitType>>, result: WitType): WitFunction {
  return { name, shape: "function", resource: null, params: fields(params), result, async: false };
}

function face(id: string, types: readonly Named[], functions: readonly WitFunction[]): WitInterface {
  return {
    id,
    types: new Map(types.map((type) => [type.name?.name ?? "", type])),
    functions: new Map(functions.map((each) => [each.name, each])),
  };
}

const idOf = (name: OfferName): string => `sennit:host/${name}@${OFFERED_VERSION}`;

function http(): WitInterface {
  const id = idOf("http");
  const value = variant(id, "header-value", {
    plain: STRING,
    secret: STRING,
    bearer: STRING,
    basic: { kind: "tuple", items: [STRING, STRING] },
  });
  const request = record(id, "request", {
    method: STRING,
    url: STRING,
    headers: pairs(value),
    body: optional(BYTES),
    timeout: optional(U32),
    limit: optional(U32),
    redirects: optional({ kind: "u8" }),
  });
  const response = record(id, "response", {
    status: { kind: "u16" },
    url: STRING,
    headers: pairs(STRING),
    body: BYTES,
  });
  const error = errorOf(id, ["denied", "invalid", "unreachable", "timeout", "too-large", "failed"]);
  const answer: WitType = { kind: "result", ok: response, err: error };
  return face(
    id,
    [value, response, error, request],
    [fn("get", { url: STRING, headers: pairs(value) }, answer), fn("send", { request }, answer)],
  );
}

export const FILE_ERRORS = [
  "denied",
  "not-found",
  "exists",
  "not-a-folder",
  "is-a-folder",
  "not-empty",
  "invalid",
  "too-large",
  "failed",
] as const;

/** In the order of the enum `kind`. */
export const FILE_KINDS = ["file", "folder", "link", "other"] as const;

function files(): WitInterface {
  const id = idOf("files");
  const error = errorOf(id, FILE_ERRORS);
  const kind: Named = { kind: "enum", name: { interface: id, name: "kind" }, cases: FILE_KINDS };
  const status = record(id, "status", { kind, size: U64, modified: U64, identity: U64 });
  const entry = record(id, "entry", { name: STRING, kind });
  const grant = record(id, "grant", { path: STRING, writable: BOOL });
  const path = { path: STRING };
  const may = (ok: WitType | null): WitType => ({ kind: "result", ok, err: error });
  return face(
    id,
    [grant, error, kind, entry, status],
    [
      fn("grants", {}, { kind: "list", element: grant }),
      fn("read", path, may(BYTES)),
      fn("write", { ...path, bytes: BYTES }, may(null)),
      fn("list", path, may({ kind: "list", element: entry })),
      fn("status-of", path, may(status)),
      fn("link-status", path, may(status)),
      fn("read-at", { ...path, offset: U64, length: U32 }, may(BYTES)),
      fn("write-at", { ...path, offset: U64, bytes: BYTES }, may(null)),
      fn("append", { ...path, bytes: BYTES }, may(null)),
      fn("create", path, may(null)),
      fn("set-size", { ...path, size: U64 }, may(null)),
      fn("sync", path, may(null)),
      fn("make-folder", path, may(null)),
      fn("remove", path, may(null)),
      fn("remove-folder", path, may(null)),
      fn("rename", { ...path, "new-path": STRING }, may(null)),
    ],
  );
}

function env(): WitInterface {
  const id = idOf("env");
  const error = errorOf(id, ["denied"]);
  return face(id, [error], [fn("get", { name: STRING }, { kind: "result", ok: optional(STRING), err: error })]);
}

function secrets(): WitInterface {
  const id = idOf("secrets");
  const error = errorOf(id, ["denied"]);
  return face(id, [error], [fn("is-set", { name: STRING }, { kind: "result", ok: BOOL, err: error })]);
}

function clock(): WitInterface {
  const id = idOf("clock");
  const error = errorOf(id, ["denied"]);
  const time: WitType = { kind: "result", ok: U64, err: error };
  return face(id, [error], [fn("now-live", {}, time), fn("elapsed-live", {}, time)]);
}

function random(): WitInterface {
  const id = idOf("random");
  const error = errorOf(id, ["denied", "invalid"]);
  return face(id, [error], [fn("live-bytes", { length: U32 }, { kind: "result", ok: BYTES, err: error })]);
}

function run(): WitInterface {
  const id = idOf("run");
  const error = errorOf(id, ["denied", "invalid", "failed"]);
  const output = record(id, "output", { status: U32, stdout: STRING, stderr: STRING });
  const argv: WitType = { kind: "list", element: STRING };
  return face(id, [output, error], [fn("command", { argv, input: BYTES }, { kind: "result", ok: output, err: error })]);
}

export const OFFERS: Readonly<Record<OfferName, Offer>> = {
  http: { kind: "net", example: "net:api.example.org", interface: http() },
  files: { kind: "fs", example: "fs:data:ro", interface: files() },
  env: { kind: "env", example: "env:NAME", interface: env() },
  secrets: { kind: "secret", example: "secret:NAME", interface: secrets() },
  clock: { kind: "clock", example: "clock:live", interface: clock() },
  random: { kind: "random", example: "random:live", interface: random() },
  run: { kind: "run", example: "run:command", interface: run() },
};

/** The offer that an interface names, of whatever version; null when it is none. */
export function offerOf(interfaceId: string): Offer | null {
  const name = /^sennit:host\/([a-z]+)$/.exec(withoutVersion(interfaceId))?.[1] ?? "";
  return Object.hasOwn(OFFERS, name) ? OFFERS[name as OfferName] : null;
}
