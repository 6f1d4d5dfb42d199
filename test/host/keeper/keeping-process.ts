/** A process that keeps a thread, and kills it, lets it go, both, or exits while it spins. */
import { once } from "node:events";
import { startKept } from "../../../src/host/keeper/keeper.node.ts";

const entry = new URL("kept-under-test.ts", import.meta.url);
const { port, kill, unref, gone } = startKept({ entry, execArgv: [], heapMegabytes: 64 });
port.postMessage(["look"]);
await once(port, "message");
process.stdout.write("started ");
port.postMessage(["spin"]);
switch (process.argv[2]) {
  case "killed":
    void kill();
    await gone;
    process.stdout.write("gone ");
    break;
  case "let-go-and-killed":
    port.unref();
    unref();
    await kill();
    process.stdout.write("gone ");
    break;
  case "let-go":
    port.unref();
    unref();
    break;
  default:
    process.exit(3);
}
