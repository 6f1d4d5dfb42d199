/** What one program leaves for another: nothing. */
import { DOMAINS, goodProgram } from "./domains.ts";
import { attackSuite } from "./suite.ts";

attackSuite("domains", DOMAINS, goodProgram);
