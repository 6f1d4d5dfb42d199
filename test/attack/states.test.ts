/** What saved states of a stranger reach: nothing. */
import { attackSuite } from "./suite.ts";
import { STATES } from "./states.ts";

attackSuite("states", STATES);
