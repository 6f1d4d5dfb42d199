/**
 * Generates well-typed programs as text: every name is fresh, loops are bounded, and what must not be assigned from
 * inside a branch or lambda is only read. A program is a function of a tape of numbers, so that fast-check can shrink it.
 */
import fc from "../../fast-check.ts";

type Ty = "Int" | "Float" | "String" | "Bool" | "[Int]" | "Map<String, Int>" | "Int?";
const TYPES: readonly Ty[] = ["Int", "Float", "String", "Bool", "[Int]", "Map<String, Int>", "Int?"];

interface Name {
  readonly name: string;
  readonly ty: Ty;
}

/** What can be named here; `own` may also be assigned. */
interface Env {
  readonly own: Name[];
  readonly outer: readonly Name[];
  /** Whether `sleep` and its kind are allowed. */
  readonly waits: boolean;
  readonly inTry: boolean;
  readonly inLoop: boolean;
  readonly depth: number;
}

class Writer {
  readonly #tape: readonly number[];
  #at = 0;
  #names = 0;
  #statements = 0;

  constructor(tape: readonly number[]) {
    this.#tape = tape;
  }

  /** 0 when the tape is at its end: the first choice is always the simplest. */
  #pick(count: number): number {
    return (this.#tape[this.#at++] ?? 0) % count;
  }

  #one<T>(choices: readonly T[]): T {
    return choices[this.#pick(choices.length)]!;
  }

  #fresh(): string {
    return `v${this.#names++}`;
  }

  program(): string {
    const env: Env = { own: [], outer: [], waits: true, inTry: false, inLoop: false, depth: 0 };
    const helpers =
      "function twice(n: Int) -> Int { double(n) + 1 }\n" +
      "workflow slow(n: Int) -> Int { sleep(1ms * (n % 5 + 5)); n + 1 }\n" +
      "function sum_to(n: Int) -> Int { if (n < 1) { 0 } else { n % 100 + sum_to(n - 1) } }\n";
    return `require double;\n${helpers}${this.#block(env, 6)}`;
  }

  /** Ends in nil, so that the arms of an `if` and the branches of a `para` have one type. */
  #block(env: Env, most: number): string {
    const count = 1 + this.#pick(most);
    let text = "";
    for (let i = 0; i < count; i++) text += `${this.#statement(env)}\n`;
    return `${text}nil;\n`;
  }

  #inner(env: Env, change: Partial<Env> = {}): Env {
    return { ...env, own: [...env.own], depth: env.depth + 1, ...change };
  }

  /** The inside of a branch, lambda or undo: everything is read only, and jumps do not reach out. */
  #closed(env: Env, change: Partial<Env> = {}): Env {
    return { ...this.#inner(env), own: [], outer: [...env.outer, ...env.own], inLoop: false, inTry: false, ...change };
  }

  #statement(env: Env): string {
    if (env.depth > 3 || this.#statements++ > 60) return this.#simple(env);
    switch (this.#pick(14)) {
      case 0:
      case 1:
      case 2:
        return this.#simple(env);
      case 3:
        return `if (${this.#expr("Bool", env)}) {\n${this.#block(this.#inner(env), 3)}} else {\n${this.#block(this.#inner(env), 2)}}`;
      case 4:
        return this.#whileLoop(env);
      case 5:
        return `for ${this.#fresh()} in ${this.#expr("[Int]", env)} {\n${this.#block(this.#inner(env, { inLoop: true }), 3)}}`;
      case 6:
        return this.#tryBlock(env);
      case 7:
        return this.#para(env);
      case 8:
        return this.#paraFor(env);
      case 9:
        return `print race { seq {\n${this.#block(this.#closed(env), 2)}1 } seq { ${this.#nap(env)} 2 } };`;
      case 10:
        return `try { timeout (${1 + this.#pick(9)}ms) {\n${this.#block(this.#inner(env, { inTry: true }), 3)}} } catch (${this.#fresh()}) { print "late"; }`;
      case 11:
        return this.#retry(env);
      case 12:
        return this.#mapped(env);
      default:
        return `seq {\n${this.#block(this.#inner(env), 3)}}`;
    }
  }

  #nap(env: Env): string {
    return env.waits ? `sleep(${1 + this.#pick(9)}ms);` : "";
  }

  #simple(env: Env): string {
    switch (this.#pick(9)) {
      case 0:
        return `print ${this.#expr(this.#one(TYPES), env)};`;
      case 1:
      case 2:
        return this.#declare(env);
      case 3:
        return this.#assign(env);
      case 4:
        return this.#nap(env) || this.#declare(env);
      case 5:
        return env.waits ? `print slow(${this.#expr("Int", env)});` : `print twice(${this.#expr("Int", env)});`;
      case 6:
        return env.inTry ? `undo { print "undo"; ${this.#nap(env)} }` : `print twice(${this.#expr("Int", env)});`;
      case 7:
        return this.#pick(3) > 0
          ? `print now() - now();`
          : `if (${this.#expr("Bool", env)}) { raise ${this.#expr("String", env)}; }`;
      default:
        return env.inLoop
          ? `if (${this.#expr("Bool", env)}) { ${this.#one(["break", "continue"])}; }`
          : this.#declare(env);
    }
  }

  #declare(env: Env): string {
    const ty = this.#one(TYPES);
    const text = `${this.#expr(ty, env)};`;
    const name = this.#fresh();
    env.own.push({ name, ty });
    return `${name}: ${ty} = ${text}`;
  }

  #assign(env: Env): string {
    const target = env.own.length === 0 ? undefined : this.#one(env.own);
    if (target === undefined) return this.#declare(env);
    if (target.ty === "[Int]") return `${target.name} = push(${target.name}, ${this.#expr("Int", env)});`;
    return `${target.name} = ${this.#expr(target.ty, env)};`;
  }

  #whileLoop(env: Env): string {
    const count = this.#fresh();
    const body = this.#block(this.#inner(env, { inLoop: true }), 3);
    return `${count} = 0;\nwhile (${count} < ${1 + this.#pick(4)}) {\n${count} = ${count} + 1;\n${body}}`;
  }

  #tryBlock(env: Env): string {
    const caught = this.#fresh();
    const body = this.#block(this.#inner(env, { inTry: true }), 3);
    const handler = `catch (${caught}) { print ${caught}.code; ${this.#nap(env)} }`;
    const cleanup = `finally { print "finally"; ${this.#nap(env)} }`;
    return `try {\n${body}} ${this.#one([handler, `${handler} ${cleanup}`])}`;
  }

  #para(env: Env): string {
    const branch = (): string => `seq {\n${this.#block(this.#closed(env), 3)}}`;
    return `para {\n${Array.from({ length: 1 + this.#pick(3) }, branch).join("\n")}\n}`;
  }

  #paraFor(env: Env): string {
    const element = this.#fresh();
    const inner = this.#closed(env);
    const body = this.#block({ ...inner, outer: [...inner.outer, { name: element, ty: "Int" }] }, 2);
    const limit = this.#one(["", "limit 1", "limit 2"]);
    return `print para for ${element} in ${this.#expr("[Int]", env)} ${limit} {\n${body}${element} };`;
  }

  #retry(env: Env): string {
    const tries = this.#fresh();
    const body = this.#block(this.#inner(env, { inTry: true }), 2);
    const fails = `if (${tries} < ${this.#pick(4)}) { raise "again"; }`;
    return `${tries} = 0;\ntry { retry (times: 3, backoff: 1ms) {\n${tries} = ${tries} + 1;\n${body}${fails}\n} } catch (${this.#fresh()}) { print "gave up"; }`;
  }

  #mapped(env: Env): string {
    const item = this.#fresh();
    const inner = this.#closed(env);
    const scope = { ...inner, outer: [...inner.outer, { name: item, ty: "Int" as const }] };
    const body = this.#one([`${item} + 1`, `twice(${item})`, env.waits ? `slow(${item})` : item]);
    return `print map(${this.#expr("[Int]", env)}, |${item}| { print ${this.#expr("Int", scope)}; ${body} });`;
  }

  #expr(ty: Ty, env: Env, depth = 0): string {
    const known = [...env.own, ...env.outer].filter((each) => each.ty === ty);
    if (known.length > 0 && this.#pick(2) === 1) return this.#one(known).name;
    if (depth > 2) return this.#leaf(ty);
    const of = (inner: Ty): string => this.#expr(inner, env, depth + 1);
    switch (ty) {
      case "Int":
        return this.#one([
          () => this.#leaf(ty),
          () => `(${of("Int")} + ${of("Int")})`,
          () => `(${of("Int")} - ${of("Int")})`,
          () => `(${of("Int")} % 7 * ${of("Int")})`,
          () => `len(${of("[Int]")})`,
          () => `(${of("Int?")} ?? ${of("Int")})`,
          () => `sum_to(${of("Int")} % 20)`,
          () => `(if (${of("Bool")}) { ${of("Int")} } else { ${of("Int")} })`,
        ])();
      case "Float":
        return this.#one([
          () => this.#leaf(ty),
          () => `(${of("Float")} * ${of("Int")})`,
          () => `(${of("Float")} / 3)`,
        ])();
      case "String":
        return this.#one([
          () => this.#leaf(ty),
          () => `(${of("String")} .. ${of("Int")})`,
          () => `str(${of("Bool")})`,
        ])();
      case "Bool":
        return this.#one([
          () => this.#leaf(ty),
          () => `(${of("Int")} < ${of("Int")})`,
          () => `(!${of("Bool")} or ${of("Bool")})`,
        ])();
      case "[Int]":
        return this.#one([
          () => this.#leaf(ty),
          () => `[${of("Int")}, ${of("Int")}]`,
          () => `push(${of("[Int]")}, ${of("Int")})`,
        ])();
      case "Map<String, Int>":
        return this.#one([
          () => this.#leaf(ty),
          () => `put(${of("Map<String, Int>")}, ${of("String")}, ${of("Int")})`,
        ])();
      case "Int?":
        return this.#one([() => this.#leaf(ty), () => `get(${of("[Int]")}, ${of("Int")})`])();
    }
  }

  #leaf(ty: Ty): string {
    const small = this.#pick(10);
    switch (ty) {
      case "Int":
        return this.#one([String(small), "-3", "9007199254740991"]);
      case "Float":
        return this.#one([`${small}.5`, "0.1"]);
      case "String":
        return this.#one([`"s${small}"`, '"é\\n"']);
      case "Bool":
        return this.#one(["true", "false"]);
      case "[Int]":
        return this.#one([`[${small}, 2]`, "range(3)"]);
      case "Map<String, Int>":
        return `["k": ${small}]`;
      case "Int?":
        return this.#one([`get([${small}], 0)`, "get([1], 5)"]);
    }
  }
}

export const arbitraryProgram: fc.Arbitrary<string> = fc
  .array(fc.nat({ max: 1000 }), { minLength: 100, maxLength: 600, size: "max" })
  .map((tape) => new Writer(tape).program());
