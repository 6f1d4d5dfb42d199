/**
 * What a file that claims to be a component really is, told from its first bytes.
 */
import { Fault } from "../../fault.ts";

/** @throws {Fault} `not-a-component`, naming what was found. */
export function refuseOtherThanComponent(bytes: Uint8Array, place: string): void {
  const found = nameOf(bytes);
  if (found === "component") return;
  throw new Fault("not-a-component", `Cannot load ${place}: it is ${found}, not a WebAssembly component`, {
    hint: hintFor(found),
  });
}

type Found =
  | "component"
  | "a core module"
  | "an empty file"
  | "WebAssembly text"
  | "a truncated WebAssembly file"
  | "not WebAssembly";

function nameOf(bytes: Uint8Array): Found {
  if (bytes.length === 0) return "an empty file";
  const magic = [0x00, 0x61, 0x73, 0x6d];
  const same = magic.slice(0, bytes.length).every((byte, at) => bytes[at] === byte);
  if (!same) return isText(bytes) ? "WebAssembly text" : "not WebAssembly";
  if (bytes.length < 8) return "a truncated WebAssembly file";
  return bytes[6] === 1 ? "component" : "a core module";
}

function isText(bytes: Uint8Array): boolean {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 200)).trimStart();
  return start.startsWith("(module") || start.startsWith("(component");
}

function hintFor(found: Found): string {
  switch (found) {
    case "a core module":
      return "Make it a component: with `wasm-tools component new`, or your toolchain's component target.";
    case "WebAssembly text":
      return "Assemble it first: with `wasm-tools parse`.";
    case "component":
    case "an empty file":
    case "a truncated WebAssembly file":
    case "not WebAssembly":
      return "Build the component again and check that the file was copied whole.";
  }
}
