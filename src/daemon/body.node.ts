/**
 * The body of a request, in bounds.
 *
 *   B1  No more than the limit is ever held. What is longer is refused as soon as that is known.
 */
import type { IncomingMessage } from "node:http";
import { Fault } from "../fault.ts";
import { readJson } from "./json.ts";

interface Bodied {
  readonly request: IncomingMessage;
  /** Asks for a body that its sender holds back until then. */
  readonly invite: () => void;
}

/** Undefined when there is none. @throws {Fault} `body-too-large`, `wrong-content-type`, `bad-json`, `bad-request` when it breaks off */
export async function readBody({ request, invite }: Bodied, limit: number): Promise<unknown> {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > limit) throw tooLarge(limit);
  invite();
  const bytes = await readBytes(request, limit);
  if (bytes.length === 0) return undefined;
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/json" && !/^application\/[\w.+-]+\+json$/.test(type)) {
    throw new Fault("wrong-content-type", "The body has to be application/json", {
      hint: "Send it with `Content-Type: application/json`",
    });
  }
  return readJson(bytes);
}

/** B1 */
function readBytes(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const settle = (what: () => void): void => {
      request.off("data", take);
      what();
    };
    const take = (part: Buffer): void => {
      size += part.length;
      if (size > limit) settle(() => reject(tooLarge(limit)));
      else parts.push(part);
    };
    request.on("data", take);
    request.once("end", () => settle(() => resolve(Buffer.concat(parts))));
    const cut = (): void => settle(() => reject(new Fault("bad-request", "The request broke off")));
    request.once("error", cut);
    request.once("close", cut);
  });
}

function tooLarge(limit: number): Fault {
  return new Fault("body-too-large", `The body is longer than ${limit} bytes`, {
    hint: "Large data stays in files that the program reads.",
  });
}
