/** Entry of a process that serves one instance (L2). */
import { pipePort } from "./ports.node.ts";
import { nodeRealm } from "./realm.node.ts";
import { serve } from "./serve.ts";

serve(pipePort(), nodeRealm());
