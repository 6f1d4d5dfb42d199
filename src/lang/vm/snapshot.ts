/**
 * The whole state of a run as bytes, and back.
 *
 *   P1  Belongs to one IR: the digest stands first and must match.
 *   P2  Canonical: decoding and encoding again gives the same bytes.
 *   P3  What is read is checked against the IR and against itself before anything runs; what does not fit is `malformed`.
 *   P4  Between two calls of `run` there is nothing else: no outbox, no host, no budget.
 */
import { Defect } from "../../fault.ts";
import type { Fiber } from "./fiber.ts";
import { Scope } from "./identity.ts";
import type { Ir } from "../ir/ir.ts";
import { ByteReader, ByteWriter, malformed } from "../ir/ir-bytes.ts";
import { irDigest } from "../ir/ir-codec.ts";
import { readValues, ValueWriter } from "../ir/ir-values.ts";
import { readFiber, writeFiber } from "./snapshot-fiber.ts";
import { readGroup, writeGroup } from "./snapshot-group.ts";
import { readAnswer, readPending, writeAnswer, writePending } from "./snapshot-request.ts";
import { readScopes, ScopeWriter } from "./snapshot-scope.ts";
import { readError, readValue } from "./snapshot-tables.ts";
import type { In, Out } from "./snapshot-tables.ts";
import type { VmLimits } from "./host.ts";
import { Machine } from "./machine.ts";
import type { Delivery, Ending } from "./machine.ts";

const MAGIC = "sennit vm";
const SNAPSHOT_VERSION = 1;

export function encodeMachine(m: Machine): Uint8Array {
  if (m.requests.length + m.abandoned.length + m.decisions.length + m.callbacks.length > 0)
    throw new Defect("a snapshot inside `run`");
  const body = new ByteWriter();
  const out: Out = { bytes: body, values: new ValueWriter(), scopes: new ScopeWriter() };
  body.uint(out.scopes.add(m.root));
  body.uint(m.nextNumber);
  body.list([...m.fibers.values()], (fiber) => writeFiber(out, fiber));
  body.list([...m.groups.values()], (group) => writeGroup(out, group));
  body.list([...m.pending], ([id, pending]) => writePending(out, id, pending));
  body.list(m.queue, (id) => body.uint(id));
  body.list(m.inbox, (delivery) => writeDelivery(out, delivery));
  body.maybe(m.ending, (ending) => writeEnding(out, ending));
  const head = new ByteWriter();
  head.text(MAGIC);
  head.uint(SNAPSHOT_VERSION);
  head.text(irDigest(m.ir));
  out.values.finish(head);
  out.scopes.finish(head);
  head.raw(body.finish());
  return head.finish();
}

function writeDelivery(out: Out, delivery: Delivery): void {
  out.bytes.bool(delivery.kind === "answer");
  if (delivery.kind !== "answer") return;
  out.bytes.text(delivery.id);
  writeAnswer(out, delivery.answer);
}

function writeEnding({ bytes, values }: Out, ending: Ending): void {
  bytes.byte(ending.kind === "value" ? 0 : ending.kind === "error" ? 1 : 2);
  if (ending.kind === "value") bytes.uint(values.add(ending.value));
  else if (ending.kind === "error") bytes.uint(values.add(ending.error));
}

/** @throws {Fault} `malformed` */
export function decodeMachine(ir: Ir, bytes: Uint8Array, limits: VmLimits): Machine {
  const input = new ByteReader(bytes);
  if (input.text() !== MAGIC) throw malformed("they are no snapshot");
  const version = input.uint();
  if (version !== SNAPSHOT_VERSION) throw malformed(`a snapshot of version ${version}; this is ${SNAPSHOT_VERSION}`);
  if (input.text() !== irDigest(ir)) throw malformed("the snapshot belongs to another program");
  const values = readValues(input, { types: ir.types.length, captures: (fn) => ir.functions[fn]?.captures });
  const scopes = readScopes(input, ir.sites.length);
  const tables: In = { ir, bytes: input, values, scopes };
  const m = new Machine(ir, limits, tables.scopes[input.index(scopes.length, "the scope")] ?? Scope.root(""));
  m.nextNumber = input.uint();
  readParts(tables, m);
  input.finish();
  verify(m);
  // Who is in the queue between two calls of `run` was stopped in the middle.
  m.spent = m.next() !== null;
  return m;
}

function readParts(tables: In, m: Machine): void {
  const { bytes } = tables;
  for (const fiber of bytes.list(() => readFiber(tables))) m.fibers.set(fiber.id, fiber);
  for (const group of bytes.list(() => readGroup(tables))) m.groups.set(group.id, group);
  for (const { id, pending } of bytes.list(() => readPending(tables))) m.pending.set(id, pending);
  for (const id of bytes.list(() => bytes.uint())) {
    const fiber = m.fibers.get(id);
    if (fiber === undefined || fiber.queued) throw malformed("the queue does not fit");
    m.enqueue(fiber);
  }
  m.inbox = bytes.list((): Delivery =>
    bytes.bool() ? { kind: "answer", id: bytes.text(), answer: readAnswer(tables) } : { kind: "cancel" },
  );
  m.ending = bytes.maybe(() => readEnding(tables));
}

function readEnding(tables: In): Ending {
  const kind = tables.bytes.byte();
  if (kind === 2) return { kind: "cancelled" };
  return kind === 0 ? { kind: "value", value: readValue(tables) } : { kind: "error", error: readError(tables) };
}

/** Everything that is waited for exists, and everything that exists is waited for by somebody (P3). */
function verify(m: Machine): void {
  for (const fiber of m.fibers.values()) verifyFiber(m, fiber);
  for (const group of m.groups.values()) {
    const parent = m.fibers.get(group.parent);
    if (parent?.wait?.kind !== "group" || parent.wait.group !== group.id) throw malformed("a group has no parent");
    for (const id of group.live) if (!m.fibers.has(id)) throw malformed("a branch is missing");
  }
  for (const [id, pending] of m.pending) {
    const fiber = m.fibers.get(pending.fiber);
    const waits = fiber?.wait?.kind === "effect" && fiber.wait.effect === id;
    if (fiber === undefined || (pending.timer === null && !waits)) throw malformed("an effect has no fiber");
  }
}

function verifyFiber(m: Machine, fiber: Fiber): void {
  const { role, wait } = fiber;
  if (fiber.frames.length === 0 || fiber.id >= m.nextNumber) throw malformed("a fiber is empty");
  if (role.kind === "branch" && m.groups.get(role.group)?.live.has(fiber.id) !== true)
    throw malformed("a branch has no group");
  if (wait?.kind === "group" && !m.groups.has(wait.group)) throw malformed("a group is missing");
  if (wait?.kind === "effect" && !m.pending.has(wait.effect)) throw malformed("an effect is missing");
  if ((wait === null) !== fiber.queued) throw malformed("a fiber neither waits nor runs");
}
