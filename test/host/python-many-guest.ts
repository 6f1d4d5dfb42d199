/** A plugin that many calls are made of, and what its tests share: who sees the messages, and options that go on. */
import type { Instance, ManyOptions } from "../../src/host/plugin.ts";
import type { Peer } from "../../src/host/python/peer.ts";
import { readFrame } from "../../src/host/python/worker/frame.ts";
import type { Value } from "../../src/wit/value.ts";

const WIT = `package test:plugin;
interface things {
  resource thing { constructor(n: u32); number: func() -> u32; }
  burn: func(t: thing) -> result<u32, string>;
}
world many {
  export things;
  export add: func(a: u32, b: u32) -> u32;
  export note: func(n: u32) -> u32;
  export slow-note: func(n: u32) -> u32;
  export noted: func() -> list<u32>;
  export forget: func();
  export check: func(n: s32) -> result<s32, string>;
  export divide: func(a: s32, b: s32) -> s32;
  export repeat: func(text: string, times: u32) -> string;
  export bytes: func(all: list<u8>) -> list<u8>;
}`;

const APP = `import wit_world
from componentize_py_types import Err
from wit_world import exports

class Things(exports.Things):
    def burn(self, t):
        if t.n == 0:
            raise Err("nothing to burn")
        return t.n

class WitWorld(wit_world.WitWorld):
    def __init__(self):
        self.notes = []

    def add(self, a, b):
        return (a + b) % 2**32

    def note(self, n):
        self.notes.append(n)
        return len(self.notes)

    def slow_note(self, n):
        for _ in range(50_000):
            pass
        return self.note(n)

    def noted(self):
        return self.notes

    def forget(self):
        self.notes.clear()

    def check(self, n):
        self.notes.append(n & 0xffff)
        if n < 0:
            raise Err(f"{n} is below zero")
        return n

    def divide(self, a, b):
        return a // b

    def repeat(self, text, times):
        return text * times

    def bytes(self, all):
        return all
`;

const THINGS = `class Thing:
    def __init__(self, n):
        self.n = n
    def number(self):
        return self.n
`;

export function going(over: Partial<ManyOptions> = {}): ManyOptions {
  return { untilErr: false, stop: new AbortController().signal, ...over };
}

export const MANY_FILES: Readonly<Record<string, string>> = { "app.py": APP, "things.py": THINGS, "world.wit": WIT };

/** Sees the messages of all instances between a plugin and its workers. */
export class Watch {
  readonly there: number[] = [];
  readonly back: number[] = [];

  readonly between: (peer: Peer) => Peer = (peer) => ({
    ...peer,
    send: (message) => {
      this.there.push(readFrame(message)?.kind ?? -1);
      peer.send(message);
    },
    listen: (receive) =>
      peer.listen((frame) => {
        this.back.push(frame?.kind ?? -1);
        receive(frame);
      }),
  });

  clear(): void {
    this.there.length = 0;
    this.back.length = 0;
  }
}

/** Calls now; a promise in any case. */
export async function called(python: Instance, key: string, ...args: Value[]): Promise<Value> {
  return python.call(key, args);
}
