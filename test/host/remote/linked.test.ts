/** An installation whose `node_modules` is a link, as in a repository of many packages: realms start, and see no more for it. */
import { execFile } from "node:child_process";
import { cp, mkdir, realpath, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder, type TemporaryFolder } from "../temporary.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const CALLS = `
import { openPlugin } from "./src/host/open.node.ts";
import { readPackage } from "./src/host/package/package.node.ts";
const given = { imports: new Map(), seed: new Uint8Array(32), now: () => 0, log: () => {}, sleep: async () => {} };
const seen = [];
for (const name of ["counter-lua", "counter-python", "counter-rust"]) {
  const files = await readPackage(new URL("./plugins/samples/" + name, import.meta.url).pathname);
  for (const isolation of ["L1", "L2"]) {
    await using plugin = await openPlugin(files, { isolation, cacheFolder: new URL("./cache", import.meta.url).pathname });
    await using instance = await plugin.instantiate({ id: 1, ...given });
    seen.push([name, isolation, await instance.call("increment", [])].join(" "));
  }
}
console.log(JSON.stringify(seen));
`;

/** What a thread with the flags of a realm gets to see of paths. */
const LOOKS = `
import { Worker } from "node:worker_threads";
import { threadFlags } from "./src/host/remote/ways/thread.node.ts";
const entry = new URL("./src/host/remote/server/thread-realm.node.ts", import.meta.url);
const [file, ...folders] = process.argv.slice(2);
const code = \`
const fs = require("node:fs");
const { parentPort, workerData: [file, folders] } = require("node:worker_threads");
const outcome = (act) => { try { act(); return "done"; } catch (error) { return error.code; } };
parentPort.postMessage([outcome(() => fs.readFileSync(file)), ...folders.map((folder) => outcome(() => fs.readdirSync(folder)))]);\`;
const worker = new Worker(code, { eval: true, execArgv: threadFlags(entry, ["lua", "python"]), workerData: [file, folders] });
worker.once("message", (seen) => console.log(JSON.stringify(seen)));
`;

describe("with a node_modules that is a link", () => {
  let folder: TemporaryFolder;
  let app: string;
  beforeAll(async () => {
    folder = await temporaryFolder();
    app = join(await realpath(folder.path), "app");
    await mkdir(app);
    for (const part of ["package.json", "src", "plugins/python", "plugins/samples"])
      await cp(join(ROOT, part), join(app, part), { recursive: true });
    await symlink(await realpath(join(ROOT, "node_modules")), join(app, "node_modules"));
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  async function ran(text: string, ...args: readonly string[]): Promise<unknown> {
    const file = join(app, "script.ts");
    await writeFile(file, text);
    const { stdout } = await promisify(execFile)(process.execPath, [file, ...args]);
    return JSON.parse(stdout);
  }

  it("packages of every language are opened at L1 and L2", { timeout: 120_000 }, async () => {
    expect(await ran(CALLS)).toEqual(
      ["counter-lua", "counter-python", "counter-rust"].flatMap((name) => [`${name} L1 1`, `${name} L2 1`]),
    );
  });

  it("a realm reads neither the link nor what lies beside its own packages", async () => {
    const linked = join(app, "node_modules");
    const real = await realpath(linked);
    const seen = await ran(LOOKS, join(linked, "vitest", "package.json"), linked, real, join(linked, "wasmoon"));
    expect(seen).toEqual(["ERR_ACCESS_DENIED", "ERR_ACCESS_DENIED", "ERR_ACCESS_DENIED", "done"]);
  });
});
