/** What a core call leaves for the next one, and takes from it: nothing. */
import { CORE_CALLS } from "./core-calls.ts";
import { attackSuite } from "./suite.ts";

attackSuite("core calls", CORE_CALLS);
