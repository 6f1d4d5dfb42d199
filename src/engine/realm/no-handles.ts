/** Where no resource can be: in what runs show, and in faults. */
import { Defect } from "../../fault.ts";
import type { HandleMap } from "../../host/remote/writer.ts";

export const NO_HANDLES: HandleMap = {
  give: () => {
    throw new Defect("a resource where there are none");
  },
  take: () => {
    throw new Defect("a resource where there are none");
  },
};
