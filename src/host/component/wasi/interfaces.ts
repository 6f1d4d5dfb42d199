/**
 * The WASI 0.2 interfaces that every component may import, all harmless (W1, W2 of context.ts).
 * A package that truly needs files or the network imports `std:fs` and its like instead.
 */
import type { World } from "../../../wit/types.ts";
import { withoutVersion } from "../../names.ts";
import { GuestExit, type WasiContext } from "./context.ts";
import { InputStream, ioInterfaces, OutputStream, Pollable } from "./io.ts";

/** By interface id without its version, in the form that jco's bindings take. */
export type WasiInterfaces = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export function wasiInterfaces(context: WasiContext): WasiInterfaces {
  return {
    ...ioInterfaces(context),
    ...cliInterfaces(context),
    ...clockInterfaces(context),
    ...randomInterfaces(context),
    ...fileInterfaces(),
    ...socketInterfaces(),
  };
}

/** True for `wasi:cli/exit@0.2.3`: another version of WASI is another contract. */
export function isWasi(interfaceId: string): boolean {
  return /^wasi:(?:cli|clocks|filesystem|io|random|sockets)\/[a-z0-9-]+@0\.2\.\d+$/.test(interfaceId);
}

/** The imports through which a guest sleeps, when it has a clock to wait for: they suspend it (JSPI). */
export function sleepingImports(world: World): readonly string[] {
  const named = (name: string): string[] =>
    [...world.imports.interfaces.keys()].filter((id) => isWasi(id) && withoutVersion(id) === name);
  if (named("wasi:clocks/monotonic-clock").length === 0) return [];
  const waits = ["poll", "[method]pollable.block"];
  return named("wasi:io/poll").flatMap((id) => {
    const functions = world.imports.interfaces.get(id)?.functions;
    return waits.filter((name) => functions?.has(name) === true).map((name) => `${id}#${name}`);
  });
}

/** A resource of which no object ever exists. */
class None {}

type ExitStatus = { readonly tag: string };

function cliInterfaces(context: WasiContext): WasiInterfaces {
  return {
    "wasi:cli/environment": { getEnvironment: () => [], getArguments: () => [], initialCwd: () => undefined },
    "wasi:cli/exit": {
      exit: (status: ExitStatus) => {
        throw new GuestExit(status.tag === "ok" ? 0 : 1);
      },
      exitWithCode: (status: number) => {
        throw new GuestExit(status);
      },
    },
    "wasi:cli/stdin": { getStdin: () => new InputStream(context) },
    "wasi:cli/stdout": { getStdout: () => new OutputStream(context, context.stdout) },
    "wasi:cli/stderr": { getStderr: () => new OutputStream(context, context.stderr) },
    "wasi:cli/terminal-input": { TerminalInput: None },
    "wasi:cli/terminal-output": { TerminalOutput: None },
    "wasi:cli/terminal-stdin": { getTerminalStdin: () => undefined },
    "wasi:cli/terminal-stdout": { getTerminalStdout: () => undefined },
    "wasi:cli/terminal-stderr": { getTerminalStderr: () => undefined },
  };
}

function clockInterfaces(context: WasiContext): WasiInterfaces {
  return {
    "wasi:clocks/monotonic-clock": {
      now: () => context.monotonic,
      resolution: () => 1_000_000n,
      subscribeInstant: (at: bigint) => new Pollable(context, at),
      subscribeDuration: (nanoseconds: bigint) => new Pollable(context, context.monotonic + nanoseconds),
    },
    "wasi:clocks/wall-clock": {
      now: () => datetime(context.wall),
      resolution: () => ({ seconds: 0n, nanoseconds: 1_000_000 }),
    },
    "wasi:clocks/timezone": {
      display: () => ({ utcOffset: 0, name: "UTC", inDaylightSavingTime: false }),
      utcOffset: () => 0,
    },
  };
}

function datetime(milliseconds: number): { seconds: bigint; nanoseconds: number } {
  const seconds = Math.floor(milliseconds / 1000);
  return { seconds: BigInt(Math.max(0, seconds)), nanoseconds: Math.floor((milliseconds - seconds * 1000) * 1e6) };
}

/** Most bytes of randomness in one answer. */
const MOST_RANDOM = 1_048_576n;

function randomInterfaces(context: WasiContext): WasiInterfaces {
  const bytes = (length: bigint): Uint8Array => {
    if (length > MOST_RANDOM) throw new GuestExit(1);
    return context.random.next(Number(length));
  };
  const u64 = (): bigint => context.random.nextU64();
  return {
    "wasi:random/random": { getRandomBytes: bytes, getRandomU64: u64 },
    "wasi:random/insecure": { getInsecureRandomBytes: bytes, getInsecureRandomU64: u64 },
    "wasi:random/insecure-seed": { insecureSeed: () => [u64(), u64()] },
  };
}

function fileInterfaces(): WasiInterfaces {
  return {
    "wasi:filesystem/preopens": { getDirectories: () => [] },
    "wasi:filesystem/types": { Descriptor: None, DirectoryEntryStream: None, filesystemErrorCode: () => undefined },
  };
}

function socketInterfaces(): WasiInterfaces {
  const denied = (): unknown => ({ tag: "err", val: "access-denied" });
  class Network {}
  return {
    "wasi:sockets/network": { Network, networkErrorCode: () => undefined },
    "wasi:sockets/instance-network": { instanceNetwork: () => new Network() },
    "wasi:sockets/tcp": { TcpSocket: None },
    "wasi:sockets/tcp-create-socket": { createTcpSocket: denied },
    "wasi:sockets/udp": { UdpSocket: None, IncomingDatagramStream: None, OutgoingDatagramStream: None },
    "wasi:sockets/udp-create-socket": { createUdpSocket: denied },
    "wasi:sockets/ip-name-lookup": { ResolveAddressStream: None, resolveAddresses: denied },
  };
}
