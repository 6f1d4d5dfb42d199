/**
 * Properties, as every test takes them: the ordinary run tries the same values each time, the long one new ones.
 * SENNIT_SEED gives either another seed, or the one that a failure named.
 */
import fc from "fast-check";

import { LONG } from "./long.ts";

const given = process.env["SENNIT_SEED"];

if (given !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(given) });
else if (!LONG) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 1 });

export { default } from "fast-check";
