/**
 * Call chains in Node, where a call is followed across everything it waits for. One chain serves all languages.
 */
import { AsyncLocalStorage } from "node:async_hooks";

import type { CallChain } from "./call-chain.ts";

interface Link {
  readonly instance: object;
  readonly outer: Link | undefined;
}

const links = new AsyncLocalStorage<Link>();

export const callChain: CallChain = {
  enter: (instance, work) => links.run({ instance, outer: links.getStore() }, work),
  includes: (instance) => {
    for (let link = links.getStore(); link !== undefined; link = link.outer)
      if (link.instance === instance) return true;
    return false;
  },
};
