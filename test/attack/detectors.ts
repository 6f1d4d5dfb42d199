/**
 * What shows that an attack reached something: compared after each one.
 *
 *   D1  The host's own objects are as they were: global names, prototypes, constructors, environment, arguments, folder.
 *   D2  No more threads, sockets, pipes, files or timers are open than before.
 *   D3  The canaries are untouched: no secret in anything that came out, nothing written beside them.
 *   D4  What an attack made the host keep is given back.
 *
 * `detectors.test.ts` shows that each of them can fail.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Worker } from "node:worker_threads";

type Known = ReadonlyMap<string, unknown>;

/** Objects that everything in the process shares. */
const SHARED: Readonly<Record<string, object>> = {
  globalThis,
  Object,
  "Object.prototype": Object.prototype,
  Array,
  "Array.prototype": Array.prototype,
  "Function.prototype": Function.prototype,
  Promise,
  "Promise.prototype": Promise.prototype,
  Error,
  "Error.prototype": Error.prototype,
  "Map.prototype": Map.prototype,
  "String.prototype": String.prototype,
  "RegExp.prototype": RegExp.prototype,
  "Uint8Array.prototype": Uint8Array.prototype,
  WebAssembly,
  "WebAssembly.Memory.prototype": WebAssembly.Memory.prototype,
  JSON,
  Reflect,
};

void globalThis.Request; // Node adds to its globals when this is first looked at

/** What the host is like now (D1). */
export function hostState(): Known {
  const state = new Map<string, unknown>();
  for (const [name, shared] of Object.entries(SHARED)) {
    for (const key of Reflect.ownKeys(shared)) state.set(`${name}.${String(key)}`, valueOf(shared, key));
    state.set(`the prototype of ${name}`, Object.getPrototypeOf(shared));
  }
  for (const [name, value] of Object.entries(process.env)) state.set(`env ${name}`, value);
  state.set("process.argv", process.argv.join(" "));
  state.set("process.cwd()", process.cwd());
  state.set("process.exitCode", process.exitCode);
  return state;
}

/** Getters are not run: Node makes some globals when they are first looked at. */
function valueOf(shared: object, key: PropertyKey): unknown {
  const found = Object.getOwnPropertyDescriptor(shared, key);
  if (shared === globalThis) return "present";
  return found?.get ?? found?.value;
}

/** What differs, by name. */
export function changes(before: Known, after: Known): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter(
    (name) => before.has(name) !== after.has(name) || !Object.is(before.get(name), after.get(name)),
  );
}

/** Node does not list threads among what is open, but tells of each new one. */
const threads = new Set<Worker>();
process.on("worker", (worker: Worker) => {
  threads.add(worker);
  worker.once("exit", () => threads.delete(worker));
});

const TASKS = "/proc/self/task";

/** Processes that any thread of this one started and that have not ended: where the system tells. */
function children(): number {
  if (!existsSync(`${TASKS}/${process.pid}/children`)) return 0;
  const of = (task: string): number => (childrenOf(`${TASKS}/${task}/children`).match(/\d+/g) ?? []).length;
  return readdirSync(TASKS).reduce((sum, task) => sum + of(task), 0);
}

/** A thread may end while it is looked at. */
function childrenOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** How many of each kind are open (D2). */
export function openResources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>([
    ["Worker", threads.size],
    ["child process", children()],
  ]);
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** What is open beyond the base once everything that is ending has ended, or when the patience is over. */
export async function leftOpen(base: ReadonlyMap<string, number>, patience = 3000): Promise<string[]> {
  const begun = performance.now();
  for (;;) {
    const now = [...openResources()].filter(([kind]) => !PASSING.has(kind));
    const more = now.filter(([kind, count]) => count > (base.get(kind) ?? 0)).map(([kind]) => kind);
    if (more.length === 0 || performance.now() - begun > patience) return more;
    await turn();
  }
}

/** Of the event loop's own turns. */
const PASSING = new Set(["Immediate"]);

/** Until the next look: no event tells of all that ends, and to look without a pause takes the time of what is ending. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, PAUSE));
}

/** Milliseconds. */
const PAUSE = 4;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
setFlagsFromString("--no-expose-gc"); // realms that are started later have none

/** Bytes that are in use (D4). */
export interface Held {
  /** Objects and buffers of this thread. */
  readonly objects: number;
  /** All that the process has of the machine's memory: that of WebAssembly is counted nowhere else. */
  readonly resident: number;
}

/** Right after everything was collected that could be. */
export function heldMemory(): Held {
  collect();
  least = usedMemory();
  return least;
}

/** With whatever waits to be collected. */
function usedMemory(): Held {
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  return { objects: heapUsed + Math.max(external, arrayBuffers), resident: rss };
}

/** Right after everything was collected for the last time, or less. */
let least: Held | undefined;

/** What code, caches and the garbage of tests may add; what an allocator keeps for itself. */
const SLACK: Held = { objects: 96 * 2 ** 20, resident: 400 * 2 ** 20 };

/** How much of the slack may be used up by what is older than an attack. */
const OLDER = 1 / 4;

/** From where an attack is measured. What was found last serves while little has come since: to collect costs more than most attacks. */
export function memoryBefore(): Held {
  const now = usedMemory();
  if (least === undefined || exceeding(now, least, OLDER).length > 0) return heldMemory();
  least = { objects: Math.min(now.objects, least.objects), resident: Math.min(now.resident, least.resident) };
  return least;
}

/** What is still kept beyond that once what is ending has ended, or when the patience is over. */
export async function leftHeld(base: Held, patience = 3000): Promise<string[]> {
  if (exceeding(usedMemory(), base, 1).length === 0) return []; // with all that could be collected: there can only be less
  const begun = performance.now();
  for (;;) {
    const more = exceeding(heldMemory(), base, 1);
    if (more.length === 0 || performance.now() - begun > patience) return more;
    await turn();
  }
}

function exceeding(now: Held, base: Held, share: number): (keyof Held)[] {
  return (["objects", "resident"] as const).filter((kind) => now[kind] > base[kind] + share * SLACK[kind]);
}

/** A file and a variable that no plugin is given; what stands in them must not come out anywhere (D3). */
export class Canaries implements AsyncDisposable {
  static readonly variable = "SENNIT_CANARY";
  readonly folder: string;
  readonly secrets: readonly string[];

  private constructor(folder: string, secrets: readonly string[]) {
    this.folder = folder;
    this.secrets = secrets;
  }

  /** The file's secret differs from the variable's. */
  static async open(): Promise<Canaries> {
    const folder = await mkdtemp(join(tmpdir(), "sennit-attack-"));
    const secrets = ["canary-of-the-file-5b1e", "canary-of-the-environment-90d2"] as const;
    await mkdir(join(folder, "cage"));
    await writeFile(join(folder, "cage", "canary.txt"), secrets[0]);
    process.env[Canaries.variable] = secrets[1];
    return new Canaries(folder, secrets);
  }

  /** The secret file. */
  get file(): string {
    return join(this.folder, "cage", "canary.txt");
  }

  /** A file that attacks try to make. */
  get touched(): string {
    return join(this.folder, "cage", "touched");
  }

  /** What went wrong, given everything that came out of a guest. */
  async harm(outputs: readonly string[]): Promise<string[]> {
    const [inFile = ""] = this.secrets;
    const files = await readdir(join(this.folder, "cage"));
    const content = await readFile(this.file, "utf8");
    return [
      ...this.secrets
        .filter((secret) => outputs.some((each) => each.includes(secret)))
        .map((each) => `leaked: ${each}`),
      ...files.filter((name) => name !== "canary.txt").map((name) => `made: ${name}`),
      ...(content === inFile ? [] : ["the canary file was changed"]),
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    delete process.env[Canaries.variable];
    await rm(this.folder, { recursive: true, force: true });
  }
}
