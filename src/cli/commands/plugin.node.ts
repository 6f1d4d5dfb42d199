/** `sennit plugin inspect|call`. */
import { randomBytes } from "node:crypto";
import { Fault } from "../../fault.ts";
import { Grants } from "../../engine/grants.ts";
import { wallClock } from "../../engine/clock.ts";
import { fromPlain, toPlain } from "../../host/javascript/plain.ts";
import { openPlugin } from "../../host/open.node.ts";
import { readPackage } from "../../host/package/package.node.ts";
import type { Instance, InstanceOptions, Plugin } from "../../host/plugin.ts";
import { nearest } from "../../lang/nearest.ts";
import { formatFunction, formatType, formatWorld } from "../../wit/text.ts";
import { functionsOf } from "../../wit/types.ts";
import type { FunctionKey, WitFunction, WitType } from "../../wit/types.ts";
import { CaseValue, ERR } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import type { Invocation } from "../arguments.ts";
import { jsonError, toJson } from "../json.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { colourLines, coloursOf } from "./colours.ts";

export async function inspectCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const [place, more] = invocation.positionals;
  if (place === undefined || more !== undefined) {
    throw new Fault("usage", "`sennit plugin inspect` needs one package", { hint: invocation.command.usage });
  }
  await using plugin = await openPlugin(await readPackage(place), { warn: (line) => terminal.warn(line) });
  process.stdout.write(invocation.has("json") ? `${toJson(describe(plugin))}\n` : text(plugin));
  return EXIT.done;
}

function describe(plugin: Plugin): unknown {
  const { manifest, world, digest } = plugin;
  const colours = coloursOf(plugin);
  const functions = (side: Plugin["world"]["imports"]): unknown =>
    Object.fromEntries([...functionsOf(side)].map(([key, fn]) => [key, formatFunction(fn)]));
  return {
    name: manifest.name,
    version: manifest.version,
    language: manifest.language,
    digest,
    wants: manifest.wants,
    stateless: manifest.stateless,
    overlap: manifest.overlap,
    imports: functions(world.imports),
    exports: functions(world.exports),
    linked: colours.linked,
    colours: {
      imports: Object.fromEntries(colours.imports.map(({ key, colour }) => [key, colour])),
      exports: colours.exports,
      asyncExports: colours.asyncExports,
    },
  };
}

function text(plugin: Plugin): string {
  const { manifest, world, digest } = plugin;
  const wants = manifest.wants.length === 0 ? "nothing" : manifest.wants.join(", ");
  const state = manifest.stateless ? "keeps no state between calls" : "keeps its state from call to call within a run";
  return [
    `${manifest.name} ${manifest.version} (${manifest.language})`,
    `digest  ${digest}`,
    `wants   ${wants}`,
    `state   ${state}`,
    ...colourLines(plugin),
    "",
    formatWorld(world).trimEnd(),
    "",
  ].join("\n");
}

export async function callCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const [place, name, ...texts] = invocation.positionals;
  if (place === undefined || name === undefined) {
    throw new Fault("usage", "`sennit plugin call` needs a package and a function", { hint: invocation.command.usage });
  }
  const json = invocation.has("json");
  try {
    const { type, value } = await callOnce(place, name, texts, invocation, terminal);
    const failed = type?.kind === "result" && value instanceof CaseValue && value.index === ERR;
    const plain = type === null ? null : toPlain(type, value);
    process.stdout.write(json ? `${toJson({ ok: !failed, result: plain })}\n` : `${toJson(plain)}\n`);
    return failed ? EXIT.failed : EXIT.done;
  } catch (failure) {
    const fault = failure instanceof CallFailed ? failure.fault : failure;
    if (!(fault instanceof Fault)) throw fault;
    if (json) process.stdout.write(`${toJson({ ok: false, error: jsonError(fault) })}\n`);
    const status = json ? terminal.exitOf(fault) : terminal.failure(fault);
    return failure instanceof CallFailed ? EXIT.failed : status;
  }
}

/** The call itself failed, and not what came before it. */
class CallFailed extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.message);
    this.fault = fault;
  }
}

async function callOnce(
  place: string,
  name: string,
  texts: readonly string[],
  invocation: Invocation,
  terminal: Terminal,
): Promise<{ type: WitType | null; value: Value }> {
  const files = await readPackage(place);
  const grants = new Grants();
  for (const grant of invocation.values("grant"))
    grants.addText(grant.includes("=") ? grant : `${files.manifest.name}=${grant}`);
  grants.assertCovers(files.manifest.name, files.manifest.wants);
  await using plugin = await openPlugin(files, { warn: (line) => terminal.warn(line) });
  const [key, fn] = find(plugin, name);
  const args = readArguments(fn, texts);
  const heard = grants.allows(files.manifest.name, { kind: "log" });
  await using instance = await alone(plugin, {
    id: 1,
    imports: new Map(),
    seed: randomBytes(32),
    now: wallClock.now,
    sleep: (milliseconds) => wallClock.sleep(milliseconds, new AbortController().signal),
    log: (line) => {
      if (heard) terminal.warn(`${line.level} ${files.manifest.name}: ${line.text}`);
    },
  });
  try {
    return { type: fn.result, value: await instance.call(key, args) };
  } catch (failure) {
    throw failure instanceof Fault ? new CallFailed(failure) : failure;
  }
}

/** An instance that is given nothing of other packages. */
async function alone(plugin: Plugin, options: InstanceOptions): Promise<Instance> {
  try {
    return await plugin.instantiate(options);
  } catch (failure) {
    if (!(failure instanceof Fault) || failure.code !== "link-failed") throw failure;
    throw new Fault(failure.code, failure.message, {
      source: failure.source,
      hint: "`plugin call` calls a package by itself; call this one from a program, in a project whose [dependencies] provide its imports",
    });
  }
}

/** By its key, its name in a program (`iface.fn`), or its bare name when only one function has it. */
function find(plugin: Plugin, name: string): readonly [FunctionKey, WitFunction] {
  const wanted = name.replaceAll("_", "-");
  const all = [...functionsOf(plugin.world.exports)].filter(([, fn]) => fn.shape === "function");
  const found = all.filter(([key, fn]) => key === name || fn.name === wanted || programName(key) === wanted);
  const [only, another] = found;
  if (only !== undefined && another === undefined) return only;
  const names = all.map(([key]) => programName(key));
  if (only !== undefined)
    throw new Fault("usage", `\`${name}\` is in several interfaces: ${found.map(([key]) => key).join(", ")}`);
  const close = nearest(wanted, names);
  throw new Fault("unknown-function", `${plugin.manifest.name} exports no function \`${name}\``, {
    hint: close === undefined ? `It exports ${names.join(", ") || "none"}` : `Did you mean \`${close}\`?`,
  });
}

/** `acme:shapes/geometry@1.0.0#area` is `geometry.area` in a program. */
function programName(key: FunctionKey): string {
  const hash = key.lastIndexOf("#");
  if (hash < 0) return key;
  const iface = key.slice(0, hash).replace(/@.*$/, "");
  return `${iface.slice(iface.lastIndexOf("/") + 1)}.${key.slice(hash + 1)}`;
}

function readArguments(fn: WitFunction, texts: readonly string[]): readonly Value[] {
  if (texts.length !== fn.params.length) {
    throw new Fault("usage", `\`${fn.name}\` takes ${fn.params.length} arguments, got ${texts.length}`, {
      hint: formatFunction(fn),
    });
  }
  return fn.params.map((param, at) =>
    fromPlain(param.type, readText(param.type, texts[at] ?? "", param.name), param.name),
  );
}

/** JSON; where a string or enum is expected the bare text stands for itself. Integers keep all their digits. */
function readText(type: WitType, text: string, name: string): unknown {
  const bare = type.kind === "string" || type.kind === "char" || type.kind === "enum";
  if (bare && !text.startsWith('"')) return text;
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Fault("usage", `The argument \`${name}\` cannot be read: ${text}`, {
      hint: `It is a ${formatType(type)}, written as JSON`,
    });
  }
}
