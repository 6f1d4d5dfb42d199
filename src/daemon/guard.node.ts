/**
 * Who is let in.
 *
 *   U1  Only requests that name this machine's loopback address come to the API: a page of a name that was made to mean it
 *       (DNS rebinding) does not. What stands at `/hooks` may come through a proxy under any name: its path is the secret.
 *   U2  Nothing that a browser sends for another page is answered, and no answer allows one to read it.
 *   U3  Nobody without the token learns more than that it is missing.
 */
import type { IncomingMessage } from "node:http";
import { Fault } from "../fault.ts";
import { isSameSecret } from "./proof.node.ts";
import { findRoute } from "./routes.ts";
import type { Found } from "./routes.ts";

export interface Door {
  readonly port: number;
  readonly token: string;
}

/** Not a Fault of its own: it says which methods there are. */
export class WrongMethod extends Fault {
  readonly allowed: readonly string[];
  constructor(path: string, allowed: readonly string[]) {
    super("wrong-method", `${path} takes ${allowed.join(" or ")}`);
    this.allowed = allowed;
  }
}

/** @throws {Fault} `wrong-host`, `cross-origin`, `no-token`, `wrong-token`, `unknown-route`, `wrong-method` */
export function admit(request: IncomingMessage, path: string, door: Door): Found {
  const isHook = path.startsWith("/hooks/");
  if (!isHook) refuseOtherHosts(request, door.port);
  if (request.headers.origin !== undefined) {
    throw new Fault("cross-origin", "The API is not for pages of a browser"); // U2
  }
  const found = findRoute(request.method ?? "", path);
  const isOpen = found !== null && "route" in found && found.route.secret !== "token";
  if (!isOpen && !isHook) refuseWithoutToken(request, door.token);
  if (found === null) {
    throw new Fault("unknown-route", `There is nothing at ${path.slice(0, 200)}`, {
      hint: "GET /v1 lists what there is",
    });
  }
  if (!("route" in found)) throw new WrongMethod(path.slice(0, 200), found.allowed);
  return found;
}

/** U1 */
function refuseOtherHosts(request: IncomingMessage, port: number): void {
  const host = request.headers.host?.toLowerCase();
  if (host === `127.0.0.1:${port}` || host === `localhost:${port}`) return;
  throw new Fault("wrong-host", "The API is at 127.0.0.1 only");
}

/** U3 */
function refuseWithoutToken(request: IncomingMessage, token: string): void {
  const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
  const hint = "The token is in the file that ends in .daemon.json, beside the store.";
  if (given === undefined) throw new Fault("no-token", "The request has no token", { hint });
  if (!isSameSecret(given, token)) throw new Fault("wrong-token", "The request's token is not this daemon's", { hint });
}
