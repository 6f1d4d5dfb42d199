/**
 * A process that opens a package for the first time: the milliseconds from the first line of this file to the answer of the
 * package's first call go to standard output. The start of Node itself is not in them.
 *
 * Usage: node test/bench/load-once.ts FOLDER
 */
const start = performance.now();
const { openPlugin } = await import("../../src/host/open.node.ts");
const { readPackage } = await import("../../src/host/package/package.node.ts");

await using plugin = await openPlugin(await readPackage(process.argv[2] ?? ""));
await using instance = await plugin.instantiate({
  id: 1,
  imports: new Map(),
  seed: new Uint8Array(32),
  now: () => 0,
  sleep: () => Promise.resolve(),
  log: () => {},
});
const answer = await instance.call("add", [2, 3]);
if (answer !== 5) throw new Error(`the first call answers ${String(answer)} instead of 5`);
process.stdout.write(String(performance.now() - start));
