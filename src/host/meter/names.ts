/**
 * The names of functions, which stack traces show, under their new indices.
 */
import { Fault } from "../../fault.ts";
import { shifted, type Own } from "./expression.ts";
import type { ModuleReader } from "./module-reader.ts";
import { ModuleWriter } from "./module-writer.ts";

const MODULE = 0;
const FUNCTIONS = 1;

/** The body of a name section with the given one's names of the module and its functions; engines forgive what is malformed. */
export function renamed(reader: ModuleReader, own: Own): ModuleWriter | null {
  const into = new ModuleWriter(reader.end - reader.at + 64);
  try {
    into.name(reader.name());
    while (!reader.done) subsection(reader, into, own);
  } catch (thrown) {
    if (thrown instanceof Fault) return null;
    throw thrown;
  }
  return into;
}

function subsection(reader: ModuleReader, into: ModuleWriter, own: Own): void {
  const start = reader.at;
  const id = reader.u8();
  const size = reader.u32();
  const from = reader.at;
  reader.skip(size);
  const end = reader.at;
  if (id === MODULE) into.copy(reader.bytes, start, end);
  if (id !== FUNCTIONS) return;
  reader.at = from;
  const names = functionNames(reader, own);
  reader.at = end;
  into.u8(FUNCTIONS);
  into.u32(names.length);
  into.append(names);
}

function functionNames(reader: ModuleReader, own: Own): ModuleWriter {
  const body = new ModuleWriter(1024);
  const count = reader.u32();
  body.u32(count);
  for (let left = count; left > 0; left--) {
    body.u32(shifted(reader.u32(), own.tick));
    const start = reader.at;
    reader.skip(reader.u32());
    body.copy(reader.bytes, start, reader.at);
  }
  return body;
}
