/** What a package's folder does to whoever opens it: nothing. */
import { FOLDERS } from "./folders.ts";
import { attackSuite } from "./suite.ts";

attackSuite("folders", FOLDERS);
