/** What the tests of the remote host share: plugins at each level, and packages for them. */
import { componentEmbed, componentNew, parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import type { Manifest, PackageFiles } from "../../../src/host/manifest.ts";
import { openPlugin } from "../../../src/host/open.node.ts";
import { readPackage } from "../../../src/host/package/package.node.ts";
import type { Plugin } from "../../../src/host/plugin.ts";
import type { Channel } from "../../../src/host/remote/ways/channel.ts";
import { remotePlugin } from "../../../src/host/remote/caller/plugin.node.ts";
import { startProcess } from "../../../src/host/remote/ways/process.node.ts";
import { startThread } from "../../../src/host/remote/ways/thread.node.ts";
import { packageOf as componentPackage } from "../component-fixtures.ts";
import { packageOf as textPackage } from "../lua-package.ts";
import { fileURLToPath } from "node:url";

export const LEVELS = ["L1", "L2"] as const;
export type Level = (typeof LEVELS)[number];

export function samplePackage(name: string): Promise<PackageFiles> {
  return readPackage(fileURLToPath(new URL(`../../../plugins/samples/${name}`, import.meta.url)));
}

export async function sample(name: string, isolation: Level | "L0"): Promise<Plugin> {
  return openPlugin(await samplePackage(name), { isolation });
}

/** A counter whose realm does what no guest should be able to. */
export async function brokenOut(level: Level, limits: Manifest["limits"] = {}): Promise<Plugin> {
  const files = await samplePackage("counter-rust");
  const entry = new URL("realm-under-test.ts", import.meta.url);
  const start = (): Channel => (level === "L1" ? startThread("component", entry) : startProcess("component", entry));
  return remotePlugin({ ...files, manifest: { ...files.manifest, limits } }, { start });
}

/** `wit` is the body of a package `test:t`. */
export async function component(wit: string, core: string, manifest: Partial<Manifest> = {}): Promise<PackageFiles> {
  const binary = await parse(core);
  const embedded = await componentEmbed({ binary, witSource: `package test:t;\n${wit}`, features: { tag: "all" } });
  return componentPackage(await componentNew(embedded), manifest);
}

export function lua(wit: string, source: string, manifest: Partial<Manifest> = {}): PackageFiles {
  return textPackage({ wit: `package acme:sample@1.0.0;\n${wit}`, files: { "main.lua": source }, manifest });
}
