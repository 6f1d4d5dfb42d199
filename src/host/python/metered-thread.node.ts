/** Entry of the thread that rewrites Pyodide's module. What its loader reads in it beside code is kept. */
import { parentPort, workerData } from "node:worker_threads";
import { instrument } from "../meter/instrument.ts";

const HEADER = 8;
/** Says which tables and memory the module brings along; the loader wants it first. */
const LINKING = "dylink.0";

const wasm = new Uint8Array(workerData as Uint8Array);
const [linking] = WebAssembly.Module.customSections(new WebAssembly.Module(wasm), LINKING);
const metered = instrument(wasm);
const bytes = linking === undefined ? metered : withSection(metered, new Uint8Array(linking));
parentPort?.postMessage(bytes, [bytes.buffer]);

/** Short enough for lengths of one byte. */
function withSection(module: Uint8Array, content: Uint8Array): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(LINKING);
  const size = 1 + name.length + content.length;
  if (size > 127) throw new RangeError(`the section ${LINKING} has ${content.length} bytes`);
  const section = [0, size, name.length, ...name, ...content];
  const whole = new Uint8Array(module.length + section.length);
  whole.set(module.subarray(0, HEADER));
  whole.set(section, HEADER);
  whole.set(module.subarray(HEADER), HEADER + section.length);
  return whole;
}
