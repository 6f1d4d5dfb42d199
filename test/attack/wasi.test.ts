/** What components with grants of WASI's reach beyond them: nothing. */
import { goodProgram } from "./domains.ts";
import { attackSuite } from "./suite.ts";
import { WASI } from "./wasi.ts";

attackSuite("wasi", WASI, goodProgram);
