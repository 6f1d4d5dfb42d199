/** Groups of branches as bytes. */
import { Group } from "./fiber.ts";
import { malformed } from "../ir/ir-bytes.ts";
import { readClosure, readError, readScope, readValue, writeScope } from "./snapshot-tables.ts";
import type { In, Out } from "./snapshot-tables.ts";

export function writeGroup(out: Out, group: Group): void {
  const { bytes, values } = out;
  bytes.uint(group.id);
  bytes.bool(group.kind === "race");
  bytes.uint(group.parent);
  bytes.uint(group.dest);
  writeScope(out, group.scope);
  bytes.maybe(group.elements, (elements) => bytes.uint(values.add(elements)));
  bytes.maybe(group.body, (body) => bytes.uint(values.add(body)));
  bytes.list(group.results, (result) => bytes.uint(values.add(result)));
  bytes.uint(group.next);
  bytes.list([...group.live], (id) => bytes.uint(id));
  bytes.bool(group.won);
  bytes.maybe(group.failed, (error) => bytes.uint(values.add(error)));
  bytes.list(group.suppressed, (error) => bytes.uint(values.add(error)));
  bytes.bool(group.cancelled);
}

export function readGroup(tables: In): Group {
  const { bytes } = tables;
  const group = new Group({
    id: bytes.uint(),
    kind: bytes.bool() ? "race" : "para",
    parent: bytes.uint(),
    dest: bytes.uint(),
    scope: readScope(tables),
    elements: bytes.maybe(() => readElements(tables)),
    body: bytes.maybe(() => readClosure(tables)),
    results: bytes.list(() => readValue(tables)),
  });
  group.next = bytes.uint();
  for (const id of bytes.list(() => bytes.uint())) group.live.add(id);
  group.won = bytes.bool();
  group.failed = bytes.maybe(() => readError(tables));
  group.suppressed = bytes.list(() => readError(tables));
  group.cancelled = bytes.bool();
  return group;
}

function readElements(tables: In): Group["elements"] {
  const value = readValue(tables);
  if (!Array.isArray(value)) throw malformed("something else stands where a list should");
  return value as Group["elements"];
}
