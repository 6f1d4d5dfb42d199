/** Guests that call functions of the workflow back. */
import type { LoadedProgram } from "../../../../src/engine/load/loaded.ts";
import { Fault } from "../../../../src/fault.ts";
import type { Plugin } from "../../../../src/host/plugin.ts";
import { decodeAny, encodeAny } from "../../../../src/wit/cbor.ts";
import type { WitType } from "../../../../src/wit/types.ts";
import type { Callback, Value } from "../../../../src/wit/value.ts";
import { S32, witFunction } from "../../../lang/vm/run-foreign.ts";
import { directInstance, DistantInstance, stubProgram } from "../../stub-program.ts";
import type { Body } from "../../stub-program.ts";

export const CALLBACK: WitType = {
  kind: "own",
  resource: { kind: "resource", name: { interface: "sennit:host/callback", name: "callback" } },
};

const FUNCTIONS = [
  witFunction("each", [S32, CALLBACK], S32),
  witFunction("both", [CALLBACK, CALLBACK], S32),
  witFunction("at_once", [CALLBACK], S32),
  witFunction("hasty", [CALLBACK], S32),
  witFunction("slow", [CALLBACK], S32),
  witFunction("trap", [CALLBACK], S32),
  witFunction("plain", [S32], S32),
];

async function asked(f: Value | undefined, number: number): Promise<number> {
  return Number(decodeAny(await (f as Callback).call([encodeAny(number)])));
}

/** `each(n, f)` adds `f(0) … f(n - 1)` to what it remembers, and goes on after an error; the others as they are named. */
export function adding(): Body {
  let total = 0;
  const plain = (by: Value | undefined): number => (total = (total + Number(by)) % 100_000);
  const calling = async (fn: string, [first, second]: readonly Value[]): Promise<number> => {
    switch (fn) {
      case "each":
        for (let i = 0; i < Number(first); i++) {
          total = (total * 3 + (await asked(second, i).catch((fault: Fault) => fault.code.length))) % 100_000;
        }
        return total;
      case "both":
        total += await asked(second, await asked(first, total % 10));
        return total;
      case "at_once": {
        const [a, b] = await Promise.all([asked(first, 1), asked(first, 2)]);
        return (total += 10 * Number(a) + Number(b));
      }
      case "hasty":
        asked(first, 7).catch(() => {}); // nobody waits for it
        return total;
      case "slow":
        total += await asked(first, 1);
        for (let turns = 0; turns < 60; turns++) await new Promise((resolve) => void setImmediate(resolve));
        total += await asked(first, 2).catch((fault: Fault) => fault.code.length);
        return total;
      default:
        total += await asked(first, 1);
        throw new Fault("plugin-trapped", "It ended");
    }
  };
  return (fn, args) => (fn === "plain" ? plain(args[0]) : calling(fn, args));
}

/** The same, but that it remembers nothing. */
const forgetful: Body = (fn, args) => adding()(fn, args);

export type Kind = "distant" | "direct" | "outside";

const MANIFESTS: Readonly<Record<Kind, Partial<Plugin["manifest"]>>> = {
  distant: { language: "python" },
  direct: { language: "component" },
  outside: {
    language: "javascript",
    effects: {
      each: "keyed",
      both: "keyed",
      at_once: "keyed",
      hasty: "keyed",
      slow: "keyed",
      trap: "keyed",
      plain: "keyed",
    },
  },
};

export function program(
  kind: Kind,
  text: string,
  body: () => Body = () => (kind === "outside" ? forgetful : adding()),
): LoadedProgram {
  return stubProgram(
    text,
    FUNCTIONS,
    () => {
      const guest = body();
      let alive = true;
      const fails = (thrown: unknown): never => {
        if (kind !== "outside") alive = (thrown as Fault).code !== "plugin-trapped";
        throw thrown;
      };
      const mortal: Body = (fn, args) => {
        if (!alive) throw new Fault("plugin-lost", "It is gone");
        const answer = guest(fn, args);
        return answer instanceof Promise ? answer.catch(fails) : answer;
      };
      const instance = kind === "distant" ? new DistantInstance(mortal) : directInstance(mortal);
      return Object.defineProperty(instance, "alive", { get: () => alive });
    },
    { manifest: MANIFESTS[kind] },
  );
}
