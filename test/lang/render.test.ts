import { describe, expect, it } from "vitest";
import { Diagnostics } from "../../src/lang/diagnostics.ts";
import type { Extras } from "../../src/lang/diagnostics.ts";
import { renderDiagnostic, renderDiagnostics } from "../../src/lang/render.ts";
import type { RenderOptions } from "../../src/lang/render.ts";
import { Source } from "../../src/lang/source.ts";

function render(text: string, marked: string, extras: Extras = {}, options?: RenderOptions): string {
  const source = new Source("order.sennit", text);
  const diagnostics = new Diagnostics();
  const start = text.indexOf(marked);
  diagnostics.error(
    source,
    { start, end: start + marked.length },
    "unknown-name",
    { name: marked.slice(0, 12) },
    extras,
  );
  return diagnostics
    .all()
    .map((d) => renderDiagnostic(d, options))
    .join("");
}

describe("renderDiagnostic()", () => {
  it("draws the title, the place, the label and the hint", () => {
    const extras = { label: "nothing with this name is in scope", hint: "Did you mean `shop.reserve`?" };
    expect(render("shop = 1;\n  shop.resrve(item);\n", "shop.resrve", extras)).toBe(
      [
        "error[unknown-name]: Unknown name `shop.resrve`",
        "  ┌─ order.sennit:2:3",
        "  │",
        "2 │   shop.resrve(item);",
        "  │   ^^^^^^^^^^^ nothing with this name is in scope",
        "",
        "Hint: Did you mean `shop.reserve`?",
      ].join("\n"),
    );
  });

  it("draws the other half of a conflict, on another line and on the same one", () => {
    const text = "a = 1;\n\n\nb = 2; b = 3;\n";
    const also = [
      { span: { start: 0, end: 1 }, text: "first defined here" },
      { span: { start: 9, end: 10 }, text: "then here" },
    ];
    expect(render(text, "b = 3", { label: "again", also })).toMatchInlineSnapshot(`
      "error[unknown-name]: Unknown name \`b = 3\`
        ┌─ order.sennit:4:8
        │
      1 │ a = 1;
        │ - first defined here
        ·
      4 │ b = 2; b = 3;
        │        ^^^^^ again
        │ - then here"
    `);
  });

  it("draws labels in another file below", () => {
    const other = new Source("util.sennit", "function f() { }\n");
    const also = [{ source: other, span: { start: 9, end: 10 }, text: "defined here" }];
    expect(render("x = f;", "f", { label: "used here", also })).toMatchInlineSnapshot(`
      "error[unknown-name]: Unknown name \`f\`
        ┌─ order.sennit:1:5
        │
      1 │ x = f;
        │     ^ used here
        ┌─ util.sennit:1:10
        │
      1 │ function f() { }
        │          - defined here"
    `);
  });

  it("underlines every line of a short span, the ends of a long one", () => {
    const body = Array.from({ length: 12 }, (_, i) => `  line${i};`).join("\n");
    expect(render("seq {\n  a;\n}\n", "seq {\n  a;\n}", { label: "this block" })).toMatchInlineSnapshot(`
      "error[unknown-name]: Unknown name \`seq {�  a;�}\`
        ┌─ order.sennit:1:1
        │
      1 │ seq {
        │ ^^^^^
      2 │   a;
        │   ^^
      3 │ }
        │ ^ this block"
    `);
    expect(render(`seq {\n${body}\n}\n`, `seq {\n${body}\n}`, { label: "this block" })).toMatchInlineSnapshot(`
      "error[unknown-name]: Unknown name \`seq {�  line\`
         ┌─ order.sennit:1:1
         │
       1 │ seq {
         │ ^^^^^
         ·
      14 │ }
         │ ^ this block"
    `);
  });

  it("counts cells: tabs, wide characters, marks and astral characters", () => {
    expect(render('\tx = "日本" .. é .. "😀" .. name;', "name", { label: "here" })).toMatchInlineSnapshot(`
      "error[unknown-name]: Unknown name \`name\`
        ┌─ order.sennit:1:26
        │
      1 │     x = "日本" .. é .. "😀" .. name;
        │                                ^^^^ here"
    `);
  });

  it("shows an empty span, also at the end of the file", () => {
    const source = new Source("a.sennit", "x = 1");
    const diagnostics = new Diagnostics();
    diagnostics.error(source, { start: 5, end: 5 }, "missing-semicolon", undefined, { label: "add it" });
    expect(renderDiagnostics(diagnostics.all())).toMatchInlineSnapshot(`
      "error[missing-semicolon]: Missing \`;\`
        ┌─ a.sennit:1:6
        │
      1 │ x = 1
        │      ^ add it"
    `);
  });

  it("lets no control character through to the terminal", () => {
    expect(render('x = "\u001B[31m\u202E";', "x", {})).not.toMatch(/[\u001B\u202E]/);
  });

  it("colours the parts when asked, and says the same", () => {
    const plain = render("x;", "x", { label: "here", hint: "Do" });
    const colored = render("x;", "x", { label: "here", hint: "Do" }, { color: true });
    expect(colored).not.toBe(plain);
    expect(colored.replaceAll(/\u001B\[[0-9;]*m/g, "")).toBe(plain);
  });

  it("parts several by an empty line", () => {
    const source = new Source("a.sennit", "x;");
    const diagnostics = new Diagnostics();
    diagnostics.error(source, { start: 0, end: 1 }, "unknown-name", { name: "x" });
    diagnostics.warning(source, { start: 0, end: 1 }, "unknown-name", { name: "x" });
    expect(renderDiagnostics(diagnostics.all()).split("\n\n")).toHaveLength(2);
  });

  it("shows the first hundred, and how many more there are", () => {
    const diagnostics = new Diagnostics();
    const source = new Source("many.sennit", ";\n".repeat(103));
    for (let i = 0; i < 103; i += 1) {
      diagnostics.error(source, { start: 2 * i, end: 2 * i + 1 }, "unknown-name", { name: `n${i}` });
    }

    const parts = renderDiagnostics(diagnostics.all()).split("\n\n");

    expect(parts).toHaveLength(101);
    expect(parts[99]).toContain("Unknown name `n99`");
    expect(parts[100]).toBe("… and 3 more");
  });
});
