/** Files and variables that a program was not granted: none. */
import { FILES } from "./files.ts";
import { attackSuite } from "./suite.ts";

attackSuite("files", FILES);
