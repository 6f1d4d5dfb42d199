/** Where no resource can be: before anything was given, in what runs show, and in faults. */
import { Defect } from "../../../fault.ts";
import { Broken } from "./reader.ts";
import type { HandleMap } from "./writer.ts";

export const NO_HANDLES: HandleMap = {
  give: () => {
    throw new Defect("a resource where there are none");
  },
  take: () => {
    throw new Broken("a resource where there are none");
  },
};
