/** A run worker's entry that answers whatever it is told with an object of its own. */
import { kept } from "../../../src/host/keeper/kept.node.ts";

const { port } = kept();
port.on("message", () => port.postMessage({ kind: "opened" }));
