/**
 * Whether a component has objects that V8 collects (the GC proposal). They lie in V8's own heap, where one large array ends the
 * whole process (`../heap-watch.node.ts`), and code that makes them without end hears of no interruption: where such a component runs
 * beside others it is metered always, which makes its arrays small and has it ask the host now and then.
 */
import { Fault } from "../../fault.ts";
import { ModuleReader } from "./module-reader.ts";

const CORE_MODULE = 1;
const COMPONENT = 4;
const TYPES = 1;
const FUNCTION_TYPE = 0x60;
/** Components in components. */
const DEEPEST = 100;

/** @param bytes a component, valid or not: of what cannot be read it is true */
export function collects(bytes: Uint8Array): boolean {
  try {
    return componentCollects(new ModuleReader(bytes), DEEPEST);
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return true;
  }
}

/** As `collects`, of one core module. @throws {Fault} for what cannot be read */
export function collectsObjects(bytes: Uint8Array): boolean {
  return someSection(new ModuleReader(bytes), (id, types) => id === TYPES && hasOtherTypes(types));
}

function componentCollects(reader: ModuleReader, deepest: number): boolean {
  if (deepest === 0) return true;
  return someSection(reader, (id, section) => {
    if (id === CORE_MODULE) return someSection(section, (inner, types) => inner === TYPES && hasOtherTypes(types));
    return id === COMPONENT && componentCollects(section, deepest - 1);
  });
}

function someSection(reader: ModuleReader, is: (id: number, section: ModuleReader) => boolean): boolean {
  reader.skip(8); // magic and version
  while (!reader.done) {
    const id = reader.u8();
    const size = reader.u32();
    const start = reader.at;
    reader.skip(size);
    if (is(id, new ModuleReader(reader.bytes, start, start + size))) return true;
  }
  return false;
}

/** Other than those of functions: a module that makes objects says which. */
function hasOtherTypes(reader: ModuleReader): boolean {
  for (let left = reader.u32(); left > 0; left--) {
    if (reader.u8() !== FUNCTION_TYPE) return true;
    for (const _ of ["parameters", "results"]) for (let each = reader.u32(); each > 0; each--) reader.skipValueType();
  }
  return false;
}
