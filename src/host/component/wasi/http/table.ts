/**
 * `wasi:http`: a client. Requests that come in are nobody's here: their resources are declared, so that a guest links that
 * imports all of the types, and have no objects.
 */
import { Defect } from "../../../../fault.ts";
import { object, type WasiTable } from "../table.ts";
import { IoError } from "../error.ts";
import { bodyFunctions } from "./bodies.ts";
import { ERROR_CODE } from "./error-code.ts";
import { fieldFunctions } from "./fields.ts";
import { messageFunctions } from "./messages.ts";
import { futureFunctions, sendFunctions } from "./send.ts";

export const httpTable: WasiTable = {
  "wasi:http/types": {
    resources: [
      "fields",
      "incoming-request",
      "outgoing-request",
      "request-options",
      "response-outparam",
      "incoming-response",
      "incoming-body",
      "future-trailers",
      "outgoing-response",
      "outgoing-body",
      "future-incoming-response",
    ],
    functions: {
      ...fieldFunctions,
      ...messageFunctions,
      ...bodyFunctions,
      ...futureFunctions,
      "[static]response-outparam.set": [
        `own<response-outparam>, result<own<outgoing-response>, ${ERROR_CODE}> => _`,
        () => {
          throw new Defect("a response was answered to a request that nobody made");
        },
      ],
      "http-error-code": [`borrow<error> => option<${ERROR_CODE}>`, (_, [error]) => object(error, IoError).ofHttp],
    },
  },
  "wasi:http/outgoing-handler": { functions: sendFunctions },
};
