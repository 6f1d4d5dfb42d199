/** What a Lua plugin needs of Node: the interpreter's bytes, compiled once, and following calls across waiting. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { callChain } from "../call-chain.node.ts";
import type { LuaPlatform } from "./platform.ts";

let compiled: Promise<WebAssembly.Module> | undefined;

function engine(): Promise<WebAssembly.Module> {
  compiled ??= compile();
  return compiled;
}

async function compile(): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve("wasmoon/dist/glue.wasm");
  return WebAssembly.compile(new Uint8Array(await readFile(path)));
}

export const nodePlatform: LuaPlatform = { engine, chain: callChain };
