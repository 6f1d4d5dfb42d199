/** What hostile components reach: nothing. */
import { COMPONENTS } from "./components.ts";
import { RUNS } from "./runs.ts";
import { attackSuite } from "./suite.ts";

attackSuite("components", [...COMPONENTS, ...RUNS.filter((each) => each.language === "WAT")]);
