/** Entry of a process that serves one instance (L2). */
import { disarm } from "./disarm.node.ts";
import { pipePort } from "../ways/ports.node.ts";
import { nodeRealm } from "./realm.node.ts";
import { serve } from "./serve.ts";

disarm();
serve(pipePort(), nodeRealm());
