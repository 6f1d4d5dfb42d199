/** That a realm which was taken over hurts itself only. */
import { REALMS } from "./realms.ts";
import { attackSuite } from "./suite.ts";

attackSuite("realms", REALMS);
