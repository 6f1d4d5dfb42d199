/** Entry of a run worker. */
import { kept } from "../../../host/keeper/kept.node.ts";
import { disarm } from "../../../host/remote/server/disarm.node.ts";
import { nodeRealm } from "../../../host/remote/server/realm.node.ts";
import type { ToWorker } from "../said/messages.ts";
import { RunWorker } from "./worker.node.ts";

disarm();
const { port, flight } = kept();
const worker = new RunWorker({
  post: (frame) => port.postMessage(frame.buffer, [frame.buffer]),
  flight,
  open: nodeRealm().open,
  warm: () => Promise.all([import("../../../host/lua/plugin.ts"), import("../../../host/component/plugin.ts")]),
});
port.on("message", (message: ToWorker) => worker.receive(message));
