/**
 * A realm with a seam: what a guest could only do after it broke out of WebAssembly, `counter` does here on request.
 * `fail` answers what it can see and reach, `trap` spins, `increment` fills the heap.
 */
import { parentPort } from "node:worker_threads";
import type { Instance, Plugin } from "../../../src/host/plugin.ts";
import { pipePort, threadPort } from "../../../src/host/remote/ways/ports.node.ts";
import { nodeRealm } from "../../../src/host/remote/server/realm.node.ts";
import { serve } from "../../../src/host/remote/server/serve.ts";
import { CaseValue, ERR, type Value } from "../../../src/wit/value.ts";

const realm = nodeRealm();
serve(parentPort === null ? pipePort() : threadPort(), {
  ...realm,
  open: async (files) => withSeam(await realm.open(files)),
});

function withSeam(plugin: Plugin): Plugin {
  return {
    manifest: plugin.manifest,
    world: plugin.world,
    digest: plugin.digest,
    instantiate: async (options) => withSeamIn(await plugin.instantiate(options)),
    [Symbol.asyncDispose]: () => plugin[Symbol.asyncDispose](),
  };
}

function withSeamIn(instance: Instance): Instance {
  return {
    id: instance.id,
    alive: true,
    call: (key, args) => act(key, String(args[0])) ?? instance.call(key, args),
    drop: (handle) => instance.drop(handle),
    [Symbol.asyncDispose]: () => instance[Symbol.asyncDispose](),
  };
}

function act(key: string, path: string): Promise<Value> | undefined {
  if (key === "fail") return look(path).then((seen) => new CaseValue(ERR, JSON.stringify(seen)));
  const kept: unknown[] = [];
  if (key === "increment") for (;;) kept.push(Array.from({ length: 100_000 }, () => ({})));
  for (; key === "trap";);
  return undefined;
}

async function look(path: string): Promise<Readonly<Record<string, unknown>>> {
  const fs = await import("node:fs");
  const [{ Worker }, { spawnSync }, net] = await Promise.all([
    import("node:worker_threads"),
    import("node:child_process"),
    import("node:net"),
  ]);
  return {
    env: Object.keys(process.env),
    argv: process.argv.slice(2),
    read: outcome(() => fs.readFileSync(path)),
    write: outcome(() => fs.writeFileSync(`${path}.new`, "")),
    spawn: outcome(() => spawnSync(process.execPath, ["--version"])),
    thread: outcome(() => new Worker("", { eval: true })),
    eval: outcome(() => Reflect.construct(Function, ["return 1"])),
    connect: await new Promise((resolve) => {
      const socket = net.connect(9, "127.0.0.1");
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      socket.on("connect", () => resolve("done"));
    }),
  };
}

function outcome(act: () => unknown): unknown {
  try {
    act();
    return "done";
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : String(error);
  }
}
