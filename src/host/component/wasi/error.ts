/** `wasi:io/error`: why a stream failed, for those who ask what it means for files or for http. */
import { Opaque, type Value } from "../../../wit/value.ts";
import { object, type WasiTable } from "./table.ts";

export class IoError extends Opaque {
  override readonly opaque = "error";
  readonly text: string;
  /** Case of the `error-code` of `wasi:filesystem/types`. */
  readonly ofFiles: number | null;
  /** `error-code` of `wasi:http/types`. */
  readonly ofHttp: Value;

  constructor(text: string, codes: { readonly files?: number; readonly http?: Value }) {
    super();
    this.text = text;
    this.ofFiles = codes.files ?? null;
    this.ofHttp = codes.http ?? null;
  }
}

export const errorTable: WasiTable = {
  "wasi:io/error": {
    resources: ["error"],
    functions: {
      "[method]error.to-debug-string": ["borrow<error> => string", (_, [self]) => object(self, IoError).text],
    },
  },
};
