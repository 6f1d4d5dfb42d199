/** Prints a document within a width: the well-known greedy algorithm, by its own stack, in linear time. */
import type { CommentDoc, Doc } from "./format-document.ts";
import { widthOf } from "../render-width.ts";

interface Task {
  readonly doc: Doc;
  readonly indent: number;
  readonly isFlat: boolean;
}

const INDENT = 2;

/** The text of `doc`, ending in one line end unless it is empty. */
export function printDocument(doc: Doc, width: number): string {
  return new Printer(width).print(doc);
}

class Printer {
  readonly #width: number;
  readonly #out: string[] = [];
  readonly #tasks: Task[] = [];
  #column = 0;
  /** What a comment left owing to the text after it: a line end, or a space. */
  #owed: "nothing" | "line" | "space" = "nothing";

  constructor(width: number) {
    this.#width = width;
  }

  print(doc: Doc): string {
    this.#tasks.push({ doc, indent: 0, isFlat: false });
    for (let task = this.#tasks.pop(); task !== undefined; task = this.#tasks.pop()) this.#perform(task);
    this.#trim();
    return this.#out.length === 0 ? "" : `${this.#out.join("")}\n`;
  }

  #perform({ doc, indent, isFlat }: Task): void {
    if (typeof doc === "string") return this.#text(doc, indent);
    switch (doc.kind) {
      case "concat":
        for (const part of doc.parts.toReversed()) this.#tasks.push({ doc: part, indent, isFlat });
        return;
      case "indent":
        this.#tasks.push({ doc: doc.content, indent: indent + INDENT, isFlat });
        return;
      case "group": {
        const fits = isFlat || (!doc.forces && this.#fits(doc.content));
        this.#tasks.push({ doc: doc.content, indent, isFlat: fits });
        return;
      }
      case "flat":
        this.#tasks.push({ doc: doc.content, indent, isFlat: true });
        return;
      case "line":
        if (isFlat) return this.#text(doc.flat, indent);
        return this.#newLine(indent, doc.blank);
      case "if-broken":
        if (!isFlat) this.#text(doc.text, indent);
        return;
      case "comment":
        return this.#comment(doc, indent);
    }
  }

  /** Whether `content` fits flat on the rest of the line, with what follows it up to the next possible line end. */
  #fits(content: Doc): boolean {
    let room = this.#width - this.#column - (this.#owed === "space" ? 1 : 0);
    const tasks: Task[] = [{ doc: content, indent: 0, isFlat: true }];
    let rest = this.#tasks.length;
    while (room >= 0) {
      const task = tasks.pop() ?? this.#tasks[(rest -= 1)];
      if (task === undefined) return true;
      const { doc, isFlat } = task;
      if (typeof doc === "string") room -= widthOf(doc);
      else if (doc.kind === "concat") {
        for (const part of doc.parts.toReversed()) tasks.push({ doc: part, indent: 0, isFlat });
      } else if (doc.kind === "flat") tasks.push({ doc: doc.content, indent: 0, isFlat: true });
      else if (doc.kind === "indent" || doc.kind === "group") tasks.push({ doc: doc.content, indent: 0, isFlat });
      else if (doc.kind === "line") {
        if (!isFlat) return true;
        room -= doc.flat.length;
      } else if (doc.kind === "comment") {
        // A comment may stand beyond the width, as long as it ends its line.
        if (doc.forces) return true;
        room -= widthOf(doc.text) + 1;
      } else if (!isFlat) room -= doc.text.length;
    }
    return false;
  }

  #text(text: string, indent: number): void {
    if (text === "") return;
    if (text === " " && (this.#owed !== "nothing" || this.#isLineStart())) return;
    if (this.#owed === "line") this.#newLine(indent, false);
    else if (this.#owed === "space" && !/^[)\],;]/.test(text)) this.#put(" ");
    this.#owed = "nothing";
    this.#put(text);
  }

  #comment({ text, ownLine, blank }: CommentDoc, indent: number): void {
    if (ownLine || this.#owed === "line") this.#newLine(indent, blank);
    else if (!this.#isLineStart() && !this.#isOpen(text)) this.#put(" ");
    this.#put(text);
    const lastLine = text.slice(text.lastIndexOf("\n") + 1);
    if (lastLine !== text) this.#column = widthOf(lastLine);
    this.#owed = text.startsWith("//") ? "line" : "space";
  }

  /** After a space, or before a block comment after an opening bracket: no space is needed. */
  #isOpen(comment: string): boolean {
    const last = this.#out.at(-1) ?? "";
    return last.endsWith(" ") || (comment.startsWith("/*") && (last.endsWith("(") || last.endsWith("[")));
  }

  #newLine(indent: number, blank: boolean): void {
    this.#owed = "nothing";
    this.#trim();
    const last = this.#out.at(-1);
    if (last === undefined) return;
    if (!this.#isLineStart()) this.#out.push("\n");
    const opensBlock = last.endsWith("{");
    if (blank && !opensBlock && !(last === "\n" && this.#out.at(-2) === "\n")) this.#out.push("\n");
    this.#out.push(" ".repeat(indent));
    this.#column = indent;
  }

  #put(text: string): void {
    this.#out.push(text);
    this.#column += widthOf(text);
  }

  /** Drops spaces at the end of the line. */
  #trim(): void {
    while (/^ *$/.test(this.#out.at(-1) ?? "x")) this.#out.pop();
  }

  #isLineStart(): boolean {
    for (let at = this.#out.length - 1; at >= 0; at -= 1) {
      const piece = this.#out[at] ?? "";
      if (piece === "\n") return true;
      if (!/^ *$/.test(piece)) return false;
    }
    return true;
  }
}
