/** Starts one instance: a machine, its links, the package's files, the functions they return. */
import { Fault } from "../../fault.ts";
import type { World } from "../../wit/types.ts";
import type { CallChain } from "../call-chain.ts";
import type { Manifest } from "../manifest.ts";
import { liftLimitsOf } from "../meter/limits.ts";
import type { Meter } from "../meter/meter.ts";
import { DEFAULT_LIMITS } from "../package/limits.ts";
import type { InstanceOptions } from "../plugin.ts";
import { STATUS_OK, STATUS_YIELD } from "./api.ts";
import { StateReader } from "../state/bytes.ts";
import { bindExports, readExports } from "./exports.ts";
import { NO_MEMORY, splitMessage, trapped } from "./failure.ts";
import { faultOfError, FaultMemory } from "./import-faults.ts";
import { LuaInstance } from "./instance.ts";
import { Link } from "./link.ts";
import { LuaMachine } from "./machine.ts";
import { Output } from "./output.ts";
import { luaOwner } from "./saved.ts";
import { loadText, runPrelude } from "./setup.ts";
import { MachineLost } from "./system.ts";
import type { LuaSource, Sources } from "./sources.ts";

export interface LuaPackage {
  readonly manifest: Manifest;
  /** For messages: the folder or archive it came from. */
  readonly place: string;
  readonly world: World;
  readonly sources: Sources;
  /** Metered when instances are given a meter. */
  readonly engine: WebAssembly.Module;
  readonly chain: CallChain;
  /** Of its code. */
  readonly digest: string;
}

/** @throws {Fault} `link-failed`, `plugin-invalid`, `plugin-trapped` */
export function startInstance(pack: LuaPackage, options: InstanceOptions, meter: Meter | null = null): LuaInstance {
  const source = pack.manifest.name;
  const memory = pack.manifest.limits.memory ?? DEFAULT_LIMITS.memory;
  const output = new Output(options.log);
  const clock = new FrozenClock(options.now);
  meter?.exempt();
  try {
    const machine = new LuaMachine(pack.engine, {
      memory,
      now: clock.read,
      write: (descriptor, bytes) => output.write(descriptor, bytes),
      ...(meter === null ? {} : { meter: meter.imports }),
    });
    clock.tick();
    const prelude = runPrelude(machine);
    const parts = {
      source,
      machine,
      memory,
      prelude,
      world: pack.world,
      sleeps: mentionsSleep(pack.sources),
      lift: liftLimitsOf(pack.manifest),
    };
    const link = new Link(parts, options, () => {
      throw importWhileLoading(pack);
    });
    meter?.begin();
    const owner = luaOwner(source, pack.digest);
    const from = options.state === undefined ? null : new StateReader(options.state, owner);
    const exports = from === null ? loaded(link, pack, output) : restored(link, pack, from);
    const { overlap } = pack.manifest;
    return new LuaInstance(
      { id: options.id, source, link, output, overlap, meter, chain: pack.chain, tick: clock.tick, owner },
      exports,
      from,
    );
  } catch (thrown) {
    const overdrawn = meter?.fault(source, "its start");
    if (overdrawn !== undefined) throw overdrawn;
    if (thrown instanceof Fault || !isMachineFailure(thrown)) throw thrown;
    throw trapped({ source, doing: "its start", memory }, output.complaint ?? (thrown as Error).message);
  }
}

type Exports = ReturnType<typeof bindExports>;

function loaded(link: Link, pack: LuaPackage, output: Output): Exports {
  runFiles(link, pack);
  output.flush();
  return bindExports(link, pack.world.exports, pack.manifest.name, pack.sources.main.path);
}

/** The files have run in another machine, whose state this one takes. @throws {Fault} `state-invalid` */
function restored(link: Link, { world, manifest }: LuaPackage, from: StateReader): Exports {
  link.restore(from);
  return readExports(link, world.exports, manifest.name, from);
}

function isMachineFailure(thrown: unknown): boolean {
  return thrown instanceof MachineLost || thrown instanceof RangeError || thrown instanceof WebAssembly.RuntimeError;
}

/** The guest's time: fixed while the machine is made (M3), then the host's, asked at most once for each delivery. */
class FrozenClock {
  readonly #now: () => number;
  #shown: number | undefined = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly read = (): number => (this.#shown ??= this.#now());

  readonly tick = (): void => {
    this.#shown = undefined;
  };
}

/** Checks that every file of a package can be read as Lua, on a machine of its own. */
export function refuseSyntaxErrors(engine: WebAssembly.Module, sources: Sources, place: string, source: string): void {
  const machine = new LuaMachine(engine, { memory: DEFAULT_LIMITS.memory, now: () => 0, write: () => {} });
  for (const file of [sources.main, ...sources.modules]) {
    const problem = loadText(machine, file.text, `@${file.path}`);
    if (problem !== null) throw syntaxFault(problem, file, place, source);
    machine.pop(machine.main, 1);
  }
}

function syntaxFault(problem: string, file: LuaSource, place: string, source: string): Fault {
  const { line, text } = splitMessage(problem);
  const at = line === undefined ? "" : `:${line}`;
  const frames = line === undefined ? [] : [{ function: "main chunk", file: file.path, line }];
  return new Fault("plugin-invalid", `${place}/${file.path}${at}: ${text}`, { source, frames });
}

/** Runs the main file and leaves what it returned on the main stack. The others run when they are required. */
function runFiles(link: Link, pack: LuaPackage): void {
  const { machine, prelude } = link;
  const { main, api } = machine;
  machine.push(main, prelude.chunks);
  for (const file of pack.sources.modules) {
    machine.push(main, machine.key(file.module));
    load(link, file, pack);
    api.lua_rawset(main, -3);
  }
  machine.pop(main, 1);
  load(link, pack.sources.main, pack);
  const { thread, ref } = machine.newThread();
  // The thread lies where the registry holds it; the function was below it on the main stack.
  api.lua_xmove(main, thread, 1);
  const status = api.lua_resume(thread, 0, 0, machine.counter);
  if (status !== STATUS_OK) throw startFault(link, pack, thread, status);
  if (machine.word(machine.counter) === 0) api.lua_pushnil(thread);
  else machine.pop(thread, machine.word(machine.counter) - 1);
  api.lua_xmove(thread, main, 1);
  machine.release(ref);
}

function load({ machine }: Link, file: LuaSource, { place, manifest }: LuaPackage): void {
  const problem = loadText(machine, file.text, `@${file.path}`);
  if (problem === NO_MEMORY) throw new MachineLost(problem);
  if (problem !== null) throw syntaxFault(problem, file, place, manifest.name);
}

function startFault(link: Link, pack: LuaPackage, thread: number, status: number): unknown {
  if (status === STATUS_YIELD) return importWhileLoading(pack);
  const source = pack.manifest.name;
  return faultOfError(link, { source, doing: "its start", thread, status, faults: new FaultMemory(link) });
}

function importWhileLoading({ manifest, sources }: LuaPackage): Fault {
  const source = manifest.name;
  const message = `${source} failed to start: imports cannot be called while ${sources.main.path} loads`;
  return new Fault("plugin-trapped", message, { source });
}

/**
 * Whether a file has the word `sleep` in it. A plugin without it is not given `sennit.sleep`, so that the host knows that
 * it never waits.
 */
function mentionsSleep({ main, modules }: Sources): boolean {
  return [main, ...modules].some(({ text }) => new TextDecoder("latin1").decode(text).includes("sleep"));
}
