/** That what never ends is ended. */
import { LOOPS } from "./loops.ts";
import { attackSuite } from "./suite.ts";

attackSuite("loops", LOOPS);
