/**
 * What a guest's failure looks like to the host: one fault, with the guest's stack.
 */
import { Fault, type ForeignFrame } from "../../fault.ts";
import { invalidValue } from "../invalid-value.ts";
import { GuestExit } from "./wasi/context.ts";

/** Deepest part of a stack that is kept: the rest of a runaway recursion repeats it. */
const MOST_FRAMES = 64;

/** The fault for whatever a call into the guest threw. `fn` names the call, `source` the package. */
export function faultOf(thrown: unknown, fn: string, source: string): Fault {
  if (thrown instanceof Fault) return thrown;
  const frames = thrown instanceof Error ? wasmFrames(thrown.stack ?? "") : [];
  const details = { frames, cause: thrown };
  const trap = { ...details, source };
  if (thrown instanceof GuestExit) {
    return new Fault("plugin-trapped", `${source} ended itself in ${fn}: exit status ${thrown.status}`, trap);
  }
  if (thrown instanceof WebAssembly.RuntimeError) {
    return new Fault("plugin-trapped", `${source} trapped in ${fn}: ${reasonOf(thrown)}`, trap);
  }
  if (isStackOverflow(thrown)) {
    return new Fault("plugin-trapped", `${source} trapped in ${fn}: the stack overflowed`, trap);
  }
  if (thrown instanceof RangeError && /out of memory/i.test(thrown.message)) {
    return new Fault("memory-limit", `${source} does not get the memory that it starts with: ${thrown.message}`, {
      ...trap,
      hint: "Close instances that are not needed any more.",
    });
  }
  if (thrown instanceof WebAssembly.Exception) {
    return new Fault("plugin-trapped", `${source} trapped in ${fn}: it threw an exception and did not catch it`, trap);
  }
  if (isSuspendError(thrown)) {
    return new Fault("plugin-trapped", `${source} trapped in ${fn}: it waited where it cannot be suspended`, {
      ...trap,
      hint: "At L1 and L2 every import may wait, and a destructor of a composed component cannot: let another function call the import, or run the package at L0, if you trust it.",
    });
  }
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return invalidValue(source, "returned", fn, reason, details);
}

/** Is it the guest itself that failed, and not what it called? */
export function isOfTheGuest(thrown: unknown): boolean {
  return (
    thrown instanceof GuestExit ||
    thrown instanceof WebAssembly.RuntimeError ||
    thrown instanceof WebAssembly.Exception ||
    isStackOverflow(thrown) ||
    isSuspendError(thrown)
  );
}

function isStackOverflow(thrown: unknown): boolean {
  return thrown instanceof RangeError && /call stack/.test(thrown.message);
}

/** JSPI finds something on the stack that it cannot suspend. The class has no name that every platform knows. */
function isSuspendError(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.constructor.name === "SuspendError";
}

function reasonOf(error: Error): string {
  return error.message.replace(/^wasm trap: /, "").replace(/^wasm `unreachable` instruction executed$/, "unreachable");
}

/** The frames of a JavaScript stack that lie in wasm, innermost first. */
export function wasmFrames(stack: string): ForeignFrame[] {
  const frames: ForeignFrame[] = [];
  for (const line of stack.split("\n")) {
    const found = /^\s*at (?:(.*) \()?wasm:\/\/wasm\/([^:)]*):wasm-function\[(\d+)\]:0x([0-9a-f]+)/.exec(line);
    if (found === null) continue;
    const [, name = "", url = "", index, offset = "0"] = found;
    const module = url.replace(/(?:^|-)[0-9a-f]{8}$/, "");
    const fn = readableName(name, module) ?? `function ${index}`;
    frames.push({ function: fn, ...(module === "" ? {} : { file: module }), column: Number.parseInt(offset, 16) + 1 });
    if (frames.length === MOST_FRAMES) break;
  }
  return frames;
}

/** V8 writes `module.function`, or one of them alone. Rust's mangling is undone. */
function readableName(written: string, module: string): string | undefined {
  if (written === "" || written === module) return undefined;
  const name = written.startsWith(`${module}.`) ? written.slice(module.length + 1) : written;
  const mangled = /^_ZN((?:\d+[^\s]+?)+)E$/.exec(name)?.[1];
  return mangled === undefined ? name : rustPath(mangled);
}

/** `4core9panicking5panic17h0123456789abcdefE`: lengths and parts, the last a hash. */
function rustPath(mangled: string): string {
  const parts: string[] = [];
  for (let rest = mangled; rest !== "";) {
    const digits = /^\d+/.exec(rest)?.[0];
    if (digits === undefined) break;
    parts.push(rest.slice(digits.length, digits.length + Number(digits)));
    rest = rest.slice(digits.length + Number(digits));
  }
  if (/^h[0-9a-f]{16}$/.test(parts.at(-1) ?? "")) parts.pop();
  return parts.join("::").replaceAll("..", "::").replaceAll("$LT$", "<").replaceAll("$GT$", ">");
}
