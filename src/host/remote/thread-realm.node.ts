/** Entry of a thread that serves one instance (L1). */
import { threadPort } from "./ports.node.ts";
import { nodeRealm } from "./realm.node.ts";
import { serve } from "./serve.ts";

serve(threadPort(), nodeRealm());
