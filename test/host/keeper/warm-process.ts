/** A process that has blank realms, ends some of them, and has nothing else to do. */
import { warmRealms } from "../../../src/host/open.node.ts";

await warmRealms({ thread: 2, process: 2 });
await warmRealms({ thread: 1, process: 1 });
process.stdout.write("done");
