/** Doubles what it is asked. */
import { workerData } from "node:worker_threads";

import { Answering } from "../../../src/journal/writer/awake.node.ts";
import type { Counts } from "../../../src/journal/writer/awake.node.ts";
import type { MessagePort } from "node:worker_threads";

const { port, counts } = workerData as { port: MessagePort; counts: Counts };
new Answering<number, number>(port, counts, (number) => 2 * number);
