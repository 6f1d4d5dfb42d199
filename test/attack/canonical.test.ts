/** What components reach that lie about the canonical ABI: nothing. */
import { CANONICAL } from "./canonical.ts";
import { attackSuite } from "./suite.ts";

attackSuite("lies", CANONICAL);
