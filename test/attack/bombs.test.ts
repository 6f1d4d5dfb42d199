/** That what would use up the host does not. */
import { BOMBS } from "./bombs.ts";
import { attackSuite } from "./suite.ts";

attackSuite("bombs", BOMBS);
