/**
 * Sockets: declared, so that a language runtime links, and not there (W2 of context.ts).
 */
import { CaseValue, ERR, Opaque, type Value } from "../../../wit/value.ts";
import type { WasiTable } from "./table.ts";

/** `access-denied` is the second case of the `error-code` of sockets. */
const DENIED: CaseValue = new CaseValue(ERR, 1);

class Network extends Opaque {
  override readonly opaque = "network";
}

const denied = (): Value => DENIED;
const none = (): Value => null;

export const denialTable: WasiTable = {
  "wasi:sockets/network": {
    resources: ["network"],
    functions: { "network-error-code": ["borrow<error> => option<enum>", none] },
  },
  "wasi:sockets/instance-network": { functions: { "instance-network": ["=> own<network>", () => new Network()] } },
  "wasi:sockets/tcp": { resources: ["tcp-socket"], functions: {} },
  "wasi:sockets/tcp-create-socket": {
    functions: { "create-tcp-socket": ["enum => result<own<tcp-socket>, enum>", denied] },
  },
  "wasi:sockets/udp": {
    resources: ["udp-socket", "incoming-datagram-stream", "outgoing-datagram-stream"],
    functions: {},
  },
  "wasi:sockets/udp-create-socket": {
    functions: { "create-udp-socket": ["enum => result<own<udp-socket>, enum>", denied] },
  },
  "wasi:sockets/ip-name-lookup": {
    resources: ["resolve-address-stream"],
    functions: {
      "resolve-addresses": ["borrow<network>, string => result<own<resolve-address-stream>, enum>", denied],
    },
  },
};
