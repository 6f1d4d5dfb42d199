/**
 * A component that calls what it imports: functions of a component, of the program, of Lua, of Python; and what the colour
 * of an import costs. The calls are made by the guest's own loop, so a figure is one call out of the guest and back.
 */
import { join } from "node:path";

import { openComponent } from "../../src/host/component/plugin.node.ts";
import { javascriptPlugin } from "../../src/host/javascript/plugin.ts";
import { openPlugin } from "../../src/host/open.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import type { ImportedFunction, Instance, Plugin } from "../../src/host/plugin.ts";
import { plainOptions } from "../conformance/options.ts";
import { importerBytes, PEER, peerBytes } from "./importer.ts";
import { jcoCode } from "./jco-alone.ts";
import type { Contender, Report } from "./report.ts";

const group = "A component calls what it imports";
const BODY = "the guest's own work; the call into the guest, which is shared by many of these";
const ADD = `${PEER}#add`;
const MANY = 1_000;
/** Of calls that take longer. */
const FEW = 20;

type Add = (a: number, b: number) => number;

export async function benchImports(report: Report, { path: folder }: { readonly path: string }): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const importers = await Importers.open(folder, stack);
  const provider = async (plugin: Plugin): Promise<ImportedFunction> =>
    importOf(stack.use(await stack.use(plugin).instantiate(plainOptions({ id: 2 }))));
  const sample = async (name: string): Promise<ImportedFunction> =>
    provider(await openPlugin(await readPackage(join(folder, name))));

  const row = { group, excludes: BODY, expected: MANY, per: MANY } as const;
  await report.measure({
    ...row,
    what: "a function of another component",
    goal: 0.3e-6,
    contenders: [
      ...(await importers.both(await sample("peer"), MANY, await provider(await onJco(folder, "peer")))),
      ...(await componentPeers()),
    ],
  });
  const program = await javascriptPlugin(
    { peer: { add: (a: number, b: number) => (a + b) >>> 0 } },
    { wit: `package bench:guest@1.0.0; interface peer { add: func(a: u32, b: u32) -> u32; } world w { export peer; }` },
  );
  await report.measure({
    ...row,
    what: "a JavaScript function of the program",
    goal: 0.3e-6,
    contenders: [...(await importers.both(await provider(program), MANY)), ...(await functionPeers())],
  });
  await foreign(report, "a Lua function", { goal: 1.5e-6, calls: MANY }, importers, () => sample("lua-peer"));
  await foreign(report, "a Python function", { goal: 120e-6, calls: FEW }, importers, () => sample("python-peer"));
  await colours(report, importers);
}

/** A provider whose language may not be there. */
async function foreign(
  report: Report,
  what: string,
  { goal, calls }: { readonly goal: number; readonly calls: number },
  importers: Importers,
  open: () => Promise<ImportedFunction>,
): Promise<void> {
  const row = { group, what, excludes: `${BODY}; peers have no such guest`, goal, per: calls, expected: calls };
  let imported: ImportedFunction;
  try {
    imported = await open();
  } catch (why) {
    return report.missing(row, why);
  }
  await report.measure({ ...row, contenders: await importers.both(imported, calls) });
}

/** The same import, as one that answers at once and as one that may wait: the guest's stack is put aside for the latter (JSPI). */
async function colours(report: Report, importers: Importers): Promise<void> {
  const add = ([a, b]: readonly unknown[]): number => Number(a) + Number(b);
  const cases: readonly (readonly [what: string, imported: ImportedFunction])[] = [
    ["synchronous import", { colour: "sync", call: add }],
    ["asynchronous import that answers at once", { colour: "async", call: add }],
    ["asynchronous import that answers by a promise", { colour: "async", call: async (args) => add(args) }],
  ];
  for (const [what, imported] of cases) {
    const contenders = await importers.both(imported, MANY);
    await report.measure({ group, what, excludes: BODY, per: MANY, expected: MANY, contenders });
  }
}

async function onJco(folder: string, name: string): Promise<Plugin> {
  return openComponent(await readPackage(join(folder, name)), { path: "jco" });
}

type Ways = readonly (readonly [by: "sennit" | "binding", plugin: Plugin])[];

/** The importing component, linked in both ways. */
class Importers {
  readonly #ways: Ways;
  readonly #stack: AsyncDisposableStack;

  private constructor(ways: Ways, stack: AsyncDisposableStack) {
    this.#ways = ways;
    this.#stack = stack;
  }

  static async open(folder: string, stack: AsyncDisposableStack): Promise<Importers> {
    const files = await readPackage(join(folder, "importer"));
    const own = stack.use(await openPlugin(files));
    const binding = stack.use(await onJco(folder, "importer"));
    return new Importers(
      [
        ["sennit", own],
        ["binding", binding],
      ],
      stack,
    );
  }

  /** @param binding what the one on jco's binding imports, when that is another instance */
  async both(
    imported: ImportedFunction,
    calls: number,
    binding: ImportedFunction = imported,
  ): Promise<readonly Contender[]> {
    const contenders: Contender[] = [];
    for (const [by, plugin] of this.#ways) {
      const options = plainOptions({ imports: new Map([[ADD, by === "binding" ? binding : imported]]) });
      const instance = this.#stack.use(await plugin.instantiate(options));
      contenders.push({ by, run: () => instance.call("repeat", [calls]) });
    }
    return contenders;
  }
}

/** As the engine links a provider's instance to its importer. */
function importOf(instance: Instance): ImportedFunction {
  return { colour: instance.colour ?? "async", call: (args) => instance.call(ADD, args) };
}

/** jco's binding of both components, one given the other's function; and both cores, linked without anything between. */
async function componentPeers(): Promise<readonly Contender[]> {
  const { core, component } = await peerBytes();
  const provider = (await (await jcoCode(component)).instantiate())[PEER] as { readonly add: Add };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(core));
  return peers(provider.add, exports[ADD] as unknown as Add);
}

function functionPeers(): Promise<readonly Contender[]> {
  const add: Add = (a, b) => (a + b) >>> 0;
  return peers(add, add);
}

async function peers(jcoAdd: Add, coreAdd: Add): Promise<readonly Contender[]> {
  const { core, component } = await importerBytes();
  const jco = (await (await jcoCode(component, [PEER])).instantiate({ [PEER]: { add: jcoAdd } }))["repeat"] as Repeat;
  const engine = new WebAssembly.Instance(new WebAssembly.Module(core), { [PEER]: { add: coreAdd } });
  const repeat = engine.exports["repeat"] as unknown as Repeat;
  return [
    { by: "jco", run: () => jco(MANY) },
    { by: "engine", run: () => repeat(MANY) },
  ];
}

type Repeat = (n: number) => number;
