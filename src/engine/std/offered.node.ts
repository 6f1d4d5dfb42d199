/**
 * The capability provider of one package: a plugin of the host that answers what the package imports of `sennit:host`, under
 * the package's own grants and nobody else's.
 *
 *   V1  A grant is asked for at each call; a denial is an answer (`error.denied`), never a failure of the guest.
 *   V2  Nothing is given that was not granted: without a grant, nothing of the machine shows, not even whether it is there.
 *   V3  A command finds in its environment what programs need to be found and to speak, and the variables that were granted.
 */
import { randomBytes } from "node:crypto";
import { Fault } from "../../fault.ts";
import type { Capability } from "../../host/capability.ts";
import { OFFERS } from "../../host/offers.ts";
import type { OfferName } from "../../host/offers.ts";
import type { Manifest } from "../../host/manifest.ts";
import type { Plugin } from "../../host/plugin.ts";
import { functionKey } from "../../wit/types.ts";
import type { WitInterface, World } from "../../wit/types.ts";
import { integer } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import type { Shell } from "../platform/ports.ts";
import { denied, err, ok } from "./answers.ts";
import { variableText } from "./env.ts";
import type { FsGrant } from "./files.node.ts";
import { Gate } from "./gate.ts";
import { hostPlugin } from "./host-plugin.ts";
import type { HostCalls } from "./host-plugin.ts";
import { httpCall, Requests } from "./http.node.ts";
import type { HttpCall } from "./http.node.ts";
import type { Network } from "./http-wire.node.ts";
import { offeredFiles } from "./offered-files.node.ts";

export interface OfferPorts {
  /** The name of the package. */
  readonly holder: string;
  readonly isGranted: (want: Capability) => boolean;
  /** What is granted now. */
  readonly granted: () => readonly Capability[];
  /** Where relative paths and commands start. */
  readonly folder: string;
  readonly files: () => readonly FsGrant[];
  readonly variable: (name: string) => string | undefined;
  readonly secret: (name: string) => string | undefined;
  readonly shell: (env: Readonly<Record<string, string>>) => Shell;
  /** Milliseconds: since the epoch, and since some moment. */
  readonly now: () => number;
  readonly elapsed: () => number;
  readonly network?: Network;
}

/** @param names the interfaces, each once */
export function offeredPlugin(names: readonly OfferName[], ports: OfferPorts): Plugin {
  const world: World = { imports: nothing(), exports: { ...nothing(), interfaces: interfacesOf(names) } };
  return hostPlugin({
    name: "sennit:host",
    world,
    start: () => Object.assign({}, ...names.map((name) => keyed(name, callsOf(name, ports)))) as HostCalls,
    effects: Object.assign({}, ...names.map((name) => keyed(name, EFFECTS[name]))) as Manifest["effects"],
  });
}

/** The key of one of its functions: `sennit:host/http@0.2.0#send`. */
export function offeredKey(name: OfferName, fn: string): string {
  return functionKey(OFFERS[name].interface.id, fn);
}

function nothing(): World["imports"] {
  return { interfaces: new Map(), functions: new Map(), types: new Map() };
}

function interfacesOf(names: readonly OfferName[]): ReadonlyMap<string, WitInterface> {
  return new Map(names.map((name) => [OFFERS[name].interface.id, OFFERS[name].interface]));
}

function keyed<T>(name: OfferName, of: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(of).map(([fn, value]) => [offeredKey(name, fn), value]));
}

type Effect = Manifest["effects"][string];

/** What `http.send` may do more than once is told by its arguments (http-class.ts). */
const EFFECTS: Readonly<Record<OfferName, Readonly<Record<string, Effect>>>> = {
  http: { get: "read", send: "once" },
  files: {
    grants: "read",
    read: "read",
    write: "idempotent",
    list: "read",
    "status-of": "read",
    "link-status": "read",
    "read-at": "read",
    "write-at": "once",
    append: "once",
    create: "once",
    "set-size": "once",
    sync: "idempotent",
    "make-folder": "once",
    remove: "once",
    "remove-folder": "once",
    rename: "once",
  },
  env: { get: "read" },
  secrets: { "is-set": "read" },
  clock: { "now-live": "read", "elapsed-live": "read" },
  random: { "live-bytes": "read" },
  run: { command: "once" },
};

function callsOf(name: OfferName, ports: OfferPorts): HostCalls {
  switch (name) {
    case "http":
      return httpCalls(ports);
    case "files":
      return offeredFiles({
        holder: `${ports.holder}=`,
        folder: ports.folder,
        grants: ports.files,
        written: () =>
          ports.granted().flatMap((of) => (of.kind === "fs" ? [{ path: of.path, writable: !of.readOnly }] : [])),
      });
    case "env":
      return { get: ([name]) => variableOf(String(name), ports) };
    case "secrets":
      return { "is-set": ([name]) => isSet(String(name), ports) };
    case "clock":
      return { "now-live": () => time(ports.now, ports), "elapsed-live": () => time(ports.elapsed, ports) };
    case "random":
      return { "live-bytes": ([length]) => liveBytes(Number(length), ports) };
    case "run":
      return commandCalls(ports);
  }
}

function httpCalls(ports: OfferPorts): HostCalls {
  const { isGranted, secret, network, holder } = ports;
  const requests = new Requests({
    isGranted,
    secret,
    holder: `${holder}=`,
    ...(network === undefined ? {} : { network }),
  });
  return {
    get: ([url, headers], givenUp, effect) => requests.ask(() => httpCall("GET", url, headers), givenUp, effect),
    send: ([request], givenUp, effect) => requests.ask(() => callOf(request as readonly Value[]), givenUp, effect),
  };
}

/** Of a `request`. */
function callOf([method, url, headers, body, timeout, limit, redirects]: readonly Value[]): HttpCall {
  return httpCall(String(method), url, headers, { body, timeout, limit, redirects });
}

/** The one way out stands in every denial. */
function ungranted(what: string, capability: string, { holder }: OfferPorts): Value {
  return denied(`${what} was not granted (--grant ${holder}=${capability})`);
}

function isName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

function variableOf(name: string, ports: OfferPorts): Value {
  if (!ports.isGranted({ kind: "env", name }))
    return ungranted(`the variable ${JSON.stringify(name)}`, `env:${isName(name) ? name : "<NAME>"}`, ports);
  return ok(variableText(ports.variable(name)));
}

function isSet(name: string, ports: OfferPorts): Value {
  if (!ports.isGranted({ kind: "secret", name }))
    return ungranted(`the secret ${JSON.stringify(name)}`, `secret:${isName(name) ? name : "<NAME>"}`, ports);
  return ok((ports.secret(name) ?? "") !== "");
}

function time(read: () => number, ports: OfferPorts): Value {
  if (!ports.isGranted({ kind: "clock" })) return ungranted("the time as it passes", "clock:live", ports);
  return ok(integer(BigInt(Math.max(0, Math.floor(read()))) * 1_000_000n));
}

const MOST_CHANCE = 65_536;

function liveBytes(length: number, ports: OfferPorts): Value {
  if (!ports.isGranted({ kind: "random" })) return ungranted("chance", "random:live", ports);
  if (length > MOST_CHANCE) return err(1, `${length} bytes: ${MOST_CHANCE} at most at once`);
  return ok(new Uint8Array(randomBytes(length)));
}

const COMMANDS_AT_ONCE = { most: 16, mostEach: 16 };

function commandCalls(ports: OfferPorts): HostCalls {
  const gate = new Gate(COMMANDS_AT_ONCE);
  return {
    command: async ([argv, input], givenUp) => {
      const words = (argv as readonly Value[]).map(String);
      try {
        return await gate.pass("", givenUp, () => command(words, input as Uint8Array, ports, givenUp));
      } catch (failure) {
        if (givenUp.aborted) return err(2, "nobody waits for it any more");
        throw failure;
      }
    },
  };
}

async function command(
  words: readonly string[],
  input: Uint8Array,
  ports: OfferPorts,
  givenUp: AbortSignal,
): Promise<Value> {
  const [name = ""] = words;
  if (!ports.isGranted({ kind: "run", name }))
    return ungranted(`running ${JSON.stringify(name)}`, `run:${/^[\w.+-]+$/.test(name) ? name : "<command>"}`, ports);
  if (name === "" || words.some((word) => word.includes("\0"))) return err(1, "a command has a name, and no NUL in it");
  try {
    const { stdout, stderr, status } = await ports.shell(environment(ports)).run([words], input, givenUp);
    return ok([status, stdout, stderr]);
  } catch (failure) {
    return err(2, failure instanceof Fault ? failure.message : `\`${name}\` did not start`);
  }
}

/** V3 */
const PLAIN: readonly string[] = [
  "PATH",
  "HOME",
  "TMPDIR",
  "TMP",
  "TEMP",
  "LANG",
  "LC_ALL",
  "LC_CTYPE",
  "TZ",
  "SystemRoot",
  "PATHEXT",
];

function environment({ granted, variable }: OfferPorts): Readonly<Record<string, string>> {
  const names = granted().flatMap((of) => (of.kind === "env" ? [of.name] : []));
  return Object.fromEntries(
    [...PLAIN, ...names].flatMap((name) => {
      const text = variable(name);
      return text === undefined ? [] : [[name, text]];
    }),
  );
}
