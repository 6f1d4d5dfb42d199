/** Names and data that would mean something in JavaScript. */
import { DATA } from "./data.ts";
import { attackSuite } from "./suite.ts";
import { TEXTS } from "./texts.ts";

attackSuite("data", DATA);
attackSuite("texts", TEXTS);
