/** The conformance suite with Python outside of this thread. At L2 it starts cold, which takes seconds: once for all of it. */
import { conformance } from "../../conformance/suite.ts";
import { LEVELS, sample } from "./realms.ts";

for (const level of LEVELS) {
  conformance({
    name: `Python at ${level}`,
    open: () => sample("conformance-python", level),
    runs: 10,
    ownsResources: true,
    integers: "all",
  });
}
