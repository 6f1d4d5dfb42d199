import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { javascriptPlugin } from "../../src/host/javascript/plugin.ts";
import { openPlugin } from "../../src/host/open.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { echoes, fold, store } from "./embedded.ts";
import { conformance } from "./suite.ts";

const samples = new URL("../../plugins/samples/", import.meta.url);

async function sample(name: string): Promise<Plugin> {
  return openPlugin(await readPackage(fileURLToPath(new URL(name, samples))));
}

const all = { ownsResources: true, integers: "all" } as const;
conformance({ ...all, name: "a Rust component", open: () => sample("conformance-rust"), runs: 60 });
conformance({ ...all, name: "Python", open: () => sample("conformance-python"), runs: 20 });
conformance({ ...all, name: "Lua", open: () => sample("conformance-lua"), runs: 60 });
conformance({ ...all, name: "functions of the embedding program", open: embedder, runs: 60 });
conformance({
  name: "a JavaScript component",
  open: () => sample("conformance-js"),
  runs: 40,
  ownsResources: false,
  integers: "safe",
});

/** The world written as plain JavaScript. */
async function embedder(): Promise<Plugin> {
  const wit = readFileSync(new URL("conformance/conformance.wit", samples), "utf8");
  const echo = /^interface echo \{\n([\s\S]*?)^\}/m.exec(wit)?.[1] ?? "";
  const names = [...echo.matchAll(/^ {2}([a-z0-9-]+): func/gm)].map(([, name = ""]) => name);
  return javascriptPlugin({ echo: echoes(names), fold, store }, { wit, name: "program" });
}
