/** A program's text from its file. */
import { readFile } from "node:fs/promises";
import { Fault } from "../fault.ts";

/** @throws {Fault} `file-not-found`, `not-text` */
export async function readProgram(file: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    if (cause instanceof TypeError) throw new Fault("not-text", `${file} is not UTF-8 text`, { cause });
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new Fault("file-not-found", missing ? `There is no file ${file}` : `Cannot read ${file}: ${String(cause)}`, {
      cause,
    });
  }
}
