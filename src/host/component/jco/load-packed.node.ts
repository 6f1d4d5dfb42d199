/**
 * Code loaded where there are no tools: the component was validated, and jco's binding made, by whoever sent it.
 *
 *   K1  A binding of other bytes, options or tools than are asked for is refused (T1 of transpiled.ts).
 *   K2  The script is compiled without `eval`, so it also runs where no text may become code by that. What is in it is looked
 *       at as everywhere (script.ts).
 */
import { Script } from "node:vm";
import { Fault } from "../../../fault.ts";
import type { Cache } from "../../manifest.ts";
import type { Binding, CodeRequest, LoadCode } from "./code.ts";
import { bindingOf } from "./load.ts";
import { unpackTranspiled } from "./transpiled.ts";

/** Where `packedLoader` finds a binding (packedOnce of load.node.ts) among what came with the component: a file name. */
export function packedKey(digest: string): string {
  return `${digest}.binding`;
}

/** @param kept what came with the component */
export function packedLoader(kept: Cache | undefined): LoadCode {
  return (request) =>
    Promise.resolve({
      valid: () => Promise.resolve(), // by whoever sent it
      binding: () => packedBinding(kept, request),
    });
}

async function packedBinding(kept: Cache | undefined, request: CodeRequest): Promise<Binding> {
  const packed = await kept?.get(packedKey(request.digest));
  const transpiled = packed === undefined ? undefined : unpackTranspiled(packed, request); // K1
  if (transpiled === undefined) {
    throw new Fault("component-unsupported", "The binding that came with the component is not one of it");
  }
  return bindingOf(transpiled, request, compile);
}

function compile(text: string): unknown {
  return new Script(text, { filename: "component.js" }).runInThisContext(); // K2
}
