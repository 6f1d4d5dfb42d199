/** Entry of a thread that serves one instance (L1). */
import { kept } from "../../keeper/kept.node.ts";
import { recorded } from "../../meter/recorded.ts";
import { disarm } from "./disarm.node.ts";
import { threadPort } from "../ways/ports.node.ts";
import { nodeRealm } from "./realm.node.ts";
import { serve } from "./serve.ts";

disarm();
const flight = { words: kept().flight, package: 0 };
const realm = nodeRealm();
serve(threadPort(), { ...realm, open: async (files) => recorded(await realm.open(files), flight) });
