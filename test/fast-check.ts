/**
 * Properties, as every test takes them: the ordinary run tries the same values each time, the long one new ones.
 * SENNIT_SEED gives either another seed, or the one that a failure named.
 */
// oxlint-disable-next-line no-restricted-imports
import fc from "fast-check";

import { LONG } from "./long.ts";

const given = process.env["SENNIT_SEED"];

if (given !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(given) });
else if (!LONG) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 1 });

// oxlint-disable-next-line no-restricted-imports
export { default } from "fast-check";
