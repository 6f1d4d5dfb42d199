/** That whoever is entered twice says so. */
import { goodProgram } from "./domains.ts";
import { REENTRANCE } from "./reentrance.ts";
import { attackSuite } from "./suite.ts";

attackSuite("re-entrance", REENTRANCE, goodProgram);
