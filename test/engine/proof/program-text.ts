/**
 * Programs of branches that wait: `para`, `race`, `retry`, `timeout`, `undo`, `spawn`, signals, calls of plugins that remember
 * and of a shop outside, callbacks from guests. What they print depends on who answers first.
 */
import type { Chance } from "./chance.ts";

interface Place {
  readonly depth: number;
  /** Inside of a `try`, which may `undo`. */
  readonly isTry: boolean;
  readonly isLoop: boolean;
  /** Inside of a function that a guest calls, which may not wait. */
  readonly isCalledBack: boolean;
}

const HEAD = `require "test:near" as near;
require "test:far" as far;
require "test:shop" as shop;
function busy(n: Int) -> Int { t = 0; for i in range(n) { t = t + i % 7; } t }
workflow child(n: Int) -> Int {
  print $"child {n}";
  try { sleep (1ms * (n % 3)); print shop.pay(n); if (n % 4 == 3) { raise "lost"; } n * 10 } finally { print shop.look(n); }
}
`;

export function programText(chance: Chance): string {
  return new Writer(chance).program();
}

class Writer {
  readonly #chance: Chance;
  #names = 0;
  #left = 14;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  program(): string {
    const place: Place = { depth: 0, isTry: false, isLoop: false, isCalledBack: false };
    let text = "";
    while (this.#left > 0) text += `${this.#statement(place)}\n`;
    return `${HEAD}${text}try { print near.add(1); } catch (e) { print e.code; }\ntry { print far.add(1); } catch (e) { print e.code; }\n"end";`;
  }

  #small(): number {
    return this.#chance.pick(9);
  }

  #fresh(): string {
    return `v${this.#names++}`;
  }

  #block(place: Place, change: Partial<Place> = {}): string {
    const inner = { ...place, ...change, depth: place.depth + 1 };
    const count = 1 + this.#chance.pick(3);
    return `${Array.from({ length: count }, () => this.#statement(inner)).join("\n")}\nnil;\n`;
  }

  #branch(place: Place): string {
    return this.#block(place, { isTry: false, isLoop: false });
  }

  #statement(place: Place): string {
    this.#left -= 1;
    if (place.depth > 2 || this.#left < 0) return this.#simple(place);
    const pick = (count: number): number => this.#chance.pick(count);
    switch (pick(16)) {
      case 0:
        return `para {\n${Array.from({ length: 2 + pick(2) }, () => `seq {\n${this.#branch(place)}}`).join("\n")}\n}`;
      case 1:
        return `print race { seq {\n${this.#branch(place)}1 } seq {\n${this.#branch(place)}2 } };`;
      case 2:
        return `try { timeout (${1 + this.#small()}ms) {\n${this.#block(place, { isTry: true, isLoop: false })}} } catch (e) { print e.code; }`;
      case 3:
        return this.#retry(place);
      case 4:
      case 5:
        return this.#try(place);
      case 6:
        return this.#paraFor(place);
      case 7:
        return this.#spawn(place);
      case 8:
        return `try { print far.each(${1 + pick(3)}, |i| seq { ${this.#simple({ ...place, isTry: false, isLoop: false, isCalledBack: true })} i * 2 }); } catch (e) { print e.code; }`;
      case 9:
        return `for ${this.#fresh()} in range(${1 + pick(3)}) {\n${this.#block(place, { isLoop: true })}}`;
      default:
        return this.#simple(place);
    }
  }

  #simple(place: Place): string {
    const n = this.#small();
    switch (this.#chance.pick(14)) {
      case 0:
        return `print ${n};`;
      case 1:
      case 2:
        return `try { print near.add(${n}); } catch (e) { print e.code; }`;
      case 3:
      case 4:
        return `try { print far.add(${n}); } catch (e) { print e.code; }`;
      case 5:
        return `print shop.pay(${n});`;
      case 6:
        return `try { print shop.ship(${n}); } catch (e) { print e.code; }`;
      case 7:
        return `print shop.look(${n}) % 3;`;
      case 8:
        return place.isCalledBack ? `print shop.pay(${n});` : `sleep (${n}ms);`;
      case 9:
        if (place.isCalledBack) return `print shop.look(${n}) % 2;`;
        return this.#chance.pick(2) === 0
          ? `print wait signal("${this.#chance.one(["a", "b"])}");`
          : `try { print wait signal("a") timeout ${n}ms; } catch (e) { print e.code; }`;
      case 10:
        return place.isTry ? `undo { print "undo ${n}"; ${this.#undo()} }` : `emit("at", now());`;
      case 11:
        return place.isLoop
          ? `if (shop.look(${n}) % 4 == 0) { ${this.#chance.one(["break", "continue"])}; }`
          : `print random() < 0.5;`;
      case 12:
        return place.isTry
          ? `if (shop.look(${n}) % 3 == 0) { raise "no"; }`
          : `print busy(${this.#chance.one([10, 10, 4000])});`;
      default:
        return `log("l${n}");`;
    }
  }

  #undo(): string {
    return this.#chance.one(["sleep (1ms);", "print shop.pay(7);", "try { far.add(2); } catch (e) { print e.code; }"]);
  }

  #retry(place: Place): string {
    const body = this.#block(place, { isTry: true, isLoop: false });
    const fails = `if (shop.look(${this.#small()}) % 2 == 0) { raise "again"; }`;
    return `try { retry (times: 3, backoff: 1ms) {\n${body}${fails} } } catch (e) { print "gave up"; }`;
  }

  #try(place: Place): string {
    const body = this.#block(place, { isTry: true });
    const raises = this.#chance.pick(3) === 0 ? `raise "on purpose";` : "";
    const caught = `catch (e) { print e.code; ${this.#simple({ ...place, isTry: false, isLoop: false })} }`;
    const last = `finally { print "finally"; ${this.#simple({ ...place, isTry: false, isLoop: false })} }`;
    return `try {\n${body}${raises} } ${this.#chance.one([caught, `${caught} ${last}`])}`;
  }

  #paraFor(place: Place): string {
    const name = this.#fresh();
    const limit = this.#chance.one(["", "limit 1", "limit 2"]);
    return `print para for ${name} in range(${1 + this.#chance.pick(4)}) ${limit} {\n${this.#branch(place)}${name} };`;
  }

  #spawn(place: Place): string {
    const name = this.#fresh();
    const await_ = `try { print await ${name}; } catch (e) { print e.code; }`;
    return `seq { ${name} = spawn child(${this.#small()});\n${this.#block(place)}${this.#chance.one([await_, await_, ""])} nil }`;
  }
}
