/** What a plugin gets beyond its grants: nothing. */
import { POWERS } from "./powers.ts";
import { attackSuite } from "./suite.ts";

attackSuite("powers", POWERS);
