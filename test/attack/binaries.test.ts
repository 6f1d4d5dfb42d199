/** What broken and exotic components reach: nothing. */
import { BINARIES } from "./binaries.ts";
import { attackSuite } from "./suite.ts";

attackSuite("binaries", BINARIES);
