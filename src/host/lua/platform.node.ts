/** What a Lua plugin needs of Node: the interpreter's bytes, compiled once, and following calls across waiting. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { callChain } from "../call-chain.node.ts";
import { compileMetered } from "../meter/compile.ts";
import { exposed } from "../meter/exposed.ts";
import type { LuaPlatform } from "./platform.ts";

let compiled: Promise<WebAssembly.Module> | undefined;
let metered: Promise<WebAssembly.Module> | undefined;

function engine(): Promise<WebAssembly.Module> {
  compiled ??= bytes().then((code) => WebAssembly.compile(exposed(code)));
  return compiled;
}

/** Rewritten once per process, which takes some hundredths of a second. */
function meteredEngine(): Promise<WebAssembly.Module> {
  metered ??= bytes().then((code) => compileMetered(code, exposed));
  return metered;
}

async function bytes(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(interpreter()));
}

/** Where it is found. Node's own search asks for what lies behind every link on the way, which a realm may not know. */
function interpreter(): string {
  const { resolve } = createRequire(import.meta.url);
  const places = (resolve.paths("wasmoon") ?? []).map((folder) => join(folder, "wasmoon", "dist", "glue.wasm"));
  return places.find((path) => existsSync(path)) ?? resolve("wasmoon/dist/glue.wasm");
}

export const nodePlatform: LuaPlatform = { engine, meteredEngine, chain: callChain };
