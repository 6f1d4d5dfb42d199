/** Requests and answers as bytes: the fields of a request are values, in the order of their names below. */
import type { Value } from "../../wit/value.ts";
import type { Answer, EffectRequest, Request, RequestKind } from "../effect.ts";
import type { Pending } from "./fiber.ts";
import { malformed } from "../ir/ir-bytes.ts";
import { readError, readValue } from "./snapshot-tables.ts";
import type { In, Out } from "./snapshot-tables.ts";

const isText = (value: unknown): boolean => typeof value === "string";
const isNumber = (value: unknown): boolean => typeof value === "number" || typeof value === "bigint";
const isList = (value: unknown): boolean => Array.isArray(value);
const isAnything = (): boolean => true;
const orNil =
  (is: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === null || is(value);
const isInput = (value: unknown): boolean => isText(value) || value instanceof Uint8Array;
const isCommands = (value: unknown): boolean =>
  Array.isArray(value) && value.every((command) => Array.isArray(command) && command.every(isText));

/** By kind, in the order of their numbers. */
const fields: Readonly<Record<RequestKind, Readonly<Record<string, (value: unknown) => boolean>>>> = {
  call: { package: isNumber, function: isText, args: isList },
  fork: { package: isNumber, function: isText, args: isList },
  print: { text: isText },
  log: { level: isText, text: isText },
  emit: { name: isText, value: isAnything },
  progress: { done: isNumber, total: isNumber, text: orNil(isText) },
  sleep: { nanoseconds: isNumber },
  "sleep-until": { instant: isNumber },
  now: {},
  random: {},
  uuid: {},
  backoff: { attempt: isNumber, backoff: isNumber, since: orNil(isNumber), within: orNil(isNumber) },
  signal: { name: isText, timeout: orNil(isNumber) },
  webhook: {},
  spawn: { function: isNumber, args: isList },
  join: { task: isText },
  shell: { commands: isCommands, input: orNil(isInput) },
};
const kinds = Object.keys(fields) as readonly RequestKind[];

function writeRequest({ bytes, values }: Out, request: Request): void {
  bytes.byte(kinds.indexOf(request.kind));
  const record = request as unknown as Readonly<Record<string, Value>>;
  for (const name of Object.keys(fields[request.kind])) bytes.uint(values.add(record[name] as Value));
}

function readRequest(tables: In): Request {
  const kind = kinds[tables.bytes.byte()];
  if (kind === undefined) throw malformed("a request of no known kind");
  const record: Record<string, unknown> = { kind };
  for (const [name, is] of Object.entries(fields[kind])) {
    const value = readValue(tables);
    if (!is(value)) throw malformed(`a request's ${name} is impossible`);
    record[name] = value;
  }
  return record as unknown as Request;
}

export function writePending(out: Out, id: string, { fiber, timer, request }: Pending): void {
  const { bytes } = out;
  bytes.text(id);
  bytes.uint(fiber);
  bytes.maybe(timer, (serial) => bytes.uint(serial));
  bytes.text(request.site);
  bytes.uint(request.attempt);
  bytes.text(request.file);
  bytes.uint(request.line);
  bytes.uint(request.column);
  writeRequest(out, request.request);
}

export function readPending(tables: In): { id: string; pending: Pending } {
  const { bytes } = tables;
  const id = bytes.text();
  const fiber = bytes.uint();
  const timer = bytes.maybe(() => bytes.uint());
  const asked: EffectRequest = {
    id,
    site: bytes.text(),
    attempt: bytes.uint(),
    file: bytes.text(),
    line: bytes.uint(),
    column: bytes.uint(),
    request: readRequest(tables),
  };
  return { id, pending: { fiber, timer, request: asked } };
}

export function writeAnswer({ bytes, values }: Out, answer: Answer): void {
  bytes.bool(answer.kind === "ok");
  bytes.uint(values.add(answer.kind === "ok" ? answer.value : answer.error));
}

export function readAnswer(tables: In): Answer {
  if (tables.bytes.bool()) return { kind: "ok", value: readValue(tables) };
  return { kind: "error", error: readError(tables) };
}
