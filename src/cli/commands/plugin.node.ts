/** `sennit plugin inspect|call`. */
import { Fault } from "../../fault.ts";
import { toPlain } from "../../host/javascript/plain.ts";
import type { Limits } from "../../host/manifest.ts";
import { openPlugin } from "../../host/open.node.ts";
import type { IsolationLevel } from "../../host/package/project.ts";
import type { Plugin } from "../../host/plugin.ts";
import { type SavedAs, savedAs } from "../../host/state/saved-as.ts";
import { formatFunction, formatWorld } from "../../wit/text.ts";
import { functionsOf } from "../../wit/types.ts";
import type { WitType } from "../../wit/types.ts";
import { CaseValue, ERR } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import type { Invocation } from "../arguments.ts";
import { jsonError, toJson } from "../json.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { colourLines, coloursOf } from "./colours.ts";
import { OnePackage, placed } from "./one-package.node.ts";
import type { Placed } from "./one-package.node.ts";
import { find, readArguments } from "./plugin-call.ts";
import { costOf } from "./plugin-cost.ts";

export async function inspectCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const [place, ...texts] = invocation.positionals;
  const measured = invocation.value("cost");
  if (place === undefined || (texts.length > 0 && measured === undefined)) {
    throw new Fault("usage", "`sennit plugin inspect` needs one package", { hint: invocation.command.usage });
  }
  const where = await placed(place);
  // Its code is compiled and not run: where it would run is what is shown.
  await using plugin = await openPlugin(where.files, { warn: (line) => terminal.warn(line) });
  if (measured !== undefined) {
    const cost = await costOf(plugin, measured, texts);
    process.stdout.write(invocation.has("json") ? `${toJson({ cost })}\n` : `${cost}\n`);
    return EXIT.done;
  }
  process.stdout.write(invocation.has("json") ? `${toJson(describe(plugin, where))}\n` : text(plugin, where));
  return EXIT.done;
}

function describe(plugin: Plugin, { level }: Placed): unknown {
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
    saved: savedAs(plugin),
    overlap: manifest.overlap,
    level,
    limits: manifest.limits,
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

const LEVELS: Readonly<Record<IsolationLevel, string>> = {
  L0: "in the caller's thread (L0)",
  L1: "in a worker (L1)",
  L2: "in a process of its own (L2)",
};

function savedText({ how, reason }: SavedAs): string {
  switch (how) {
    case "memory":
      return "as memory";
    case "functions":
      return "by its own `save_state` and `load_state`";
    case "calls":
      return `not: it is rebuilt by its calls, because ${reason}`;
  }
}

function limitsText({ memory, deadline, fuel }: Limits): string {
  return [
    ...(memory === undefined ? [] : [`${Math.round(memory / 2 ** 20)} MiB of memory`]),
    ...(deadline === undefined ? [] : [`${deadline / 1000} s a call`]),
    ...(fuel === undefined ? [] : [`${fuel} units of fuel a call`]),
  ].join(", ");
}

function text(plugin: Plugin, { level }: Placed): string {
  const { manifest, world, digest } = plugin;
  const wants = manifest.wants.length === 0 ? "nothing" : manifest.wants.join(", ");
  const state = manifest.stateless ? "keeps no state between calls" : "keeps its state from call to call within a run";
  return [
    `${manifest.name} ${manifest.version} (${manifest.language})`,
    `digest  ${digest}`,
    `wants   ${wants}`,
    `state   ${state}`,
    `saved   ${savedText(savedAs(plugin))}`,
    `runs    ${LEVELS[level]}, with ${limitsText(manifest.limits)}`,
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
  await using one = await OnePackage.open(place, invocation, terminal);
  const [key, fn] = find(one.plugin, name);
  const args = readArguments(fn, texts);
  await using instance = await one.start();
  try {
    return { type: fn.result, value: await instance.call(key, args) };
  } catch (failure) {
    throw failure instanceof Fault ? new CallFailed(failure) : failure;
  }
}
