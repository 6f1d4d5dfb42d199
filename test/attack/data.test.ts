/** Names and data that would mean something in JavaScript. */
import { DATA } from "./data.ts";
import { PLAIN_DATA } from "./plain-data.ts";
import { attackSuite } from "./suite.ts";
import { TEXTS } from "./texts.ts";

attackSuite("data", [...DATA, ...PLAIN_DATA]);
attackSuite("texts", TEXTS);
