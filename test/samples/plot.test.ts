/** The plotting component gives well-formed, self-contained SVG for every input. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Instance, Plugin } from "../../src/host/plugin.ts";
import { instantiate, openSample } from "./packages.ts";

let plugin: Plugin;
let instance: Instance;

beforeAll(async () => {
  plugin = await openSample("plot-js");
  instance = await instantiate(plugin);
});
afterAll(async () => {
  await instance[Symbol.asyncDispose]();
  await plugin[Symbol.asyncDispose]();
});

interface Figure {
  readonly title?: string;
  readonly xs?: readonly number[];
  readonly ys?: readonly number[];
  readonly fitXs?: readonly number[];
  readonly fitYs?: readonly number[];
}

async function draw({ title = "t", xs = [], ys = [], fitXs = [], fitYs = [] }: Figure): Promise<string> {
  const svg = await instance.call("curve", [title, xs, ys, fitXs, fitYs, "V / σ³", "E / ε"]);
  if (typeof svg !== "string") throw new TypeError("`curve` gives text");
  return svg;
}

/** Every tag is closed by its own name, in order; attributes have quotes. */
function isWellFormed(svg: string): boolean {
  const open: string[] = [];
  const tag = /<(\/?)([a-z]+)((?: [a-zA-Z:-]+="[^"<]*")*)(\/?)>/y;
  for (let at = 0; at < svg.length;) {
    if (svg[at] !== "<") {
      at += 1;
      continue;
    }
    tag.lastIndex = at;
    const match = tag.exec(svg);
    if (match === null) return false;
    const [whole, closes, name = "", , empty] = match;
    if (closes === "/" && open.pop() !== name) return false;
    if (closes === "" && empty === "") open.push(name);
    at += whole.length;
  }
  return open.length === 0;
}

const dotsIn = (svg: string): number => svg.split("<circle ").length - 1;

describe("curve", () => {
  it("draws every point and the line, with ticks and labels", async () => {
    const svg = await draw({ xs: [0.8, 0.9, 1], ys: [-7.9, -8.6, -8.3], fitXs: [0.8, 1], fitYs: [-7.9, -8.3] });
    expect(isWellFormed(svg)).toBe(true);
    expect(dotsIn(svg)).toBe(3);
    for (const text of ["0.86", "−8.6", "V / σ³", "E / ε"]) expect(svg).toContain(`>${text}</text>`);
    expect(svg).not.toMatch(/NaN|Infinity|undefined|href|<script/);
  });

  it("gives the same bytes for the same input", async () => {
    const figure = { xs: [1, 2], ys: [3, 4] };
    expect(await draw(figure)).toBe(await draw(figure));
  });

  it("escapes what the caller writes", async () => {
    const svg = await draw({ title: `a < b & "c" 'd' \u0001` });
    expect(isWellFormed(svg)).toBe(true);
    expect(svg).toContain("<title>a &lt; b &amp; &quot;c&quot; &#39;d&#39;  </title>");
  });

  it.each<[string, Figure, number]>([
    ["nothing", {}, 0],
    ["one point", { xs: [-3], ys: [0] }, 1],
    ["equal points", { xs: [2, 2], ys: [5, 5], fitXs: [2, 2], fitYs: [5, 5] }, 2],
    ["lists of different length", { xs: [1, 2, 3], ys: [1] }, 1],
    ["what is not finite", { xs: [1, NaN, 3, 4], ys: [1, 2, Infinity, 1e308] }, 1],
    ["tiny and huge", { xs: [1e-9, 3e-9], ys: [5e12, 7e12] }, 2],
  ])("takes %s", async (_, figure, dots) => {
    const svg = await draw(figure);
    expect(isWellFormed(svg)).toBe(true);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(dotsIn(svg)).toBe(dots);
  });
});
