/** Steps of a run in words: what a program asks for, and what a log says that was asked for. */
import type { Entry, EntryOf } from "../../journal/entry/entry.ts";
import type { EffectRequest } from "../../lang/effect.ts";
import type { Numbered } from "../durable/log/recorded.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import { shortName } from "./stubs.ts";

/** `acme:mail.send`, `sleep`, `wait signal("approved")`. */
export function askedText({ request }: EffectRequest, { packages, ir }: LoadedProgram): string {
  switch (request.kind) {
    case "call":
    case "fork":
      return callText(packages[request.package]?.name ?? "", request.function);
    case "signal":
      return `wait signal("${request.name}")`;
    case "spawn":
      return `spawn ${ir.functions[request.function]?.name ?? ""}`;
    case "shell":
      return `the command ${request.commands.map(([name]) => name).join(" | ")}`;
    default:
      return request.kind;
  }
}

export function callText(pack: string, key: string): string {
  return `${pack}.${shortName(key)}`;
}

/** What a recorded effect was, by all that the log says of it. */
export function recordedText(eff: string, entries: readonly Numbered[]): string {
  const own = entries.filter(({ entry }) => "eff" in entry && entry.eff === eff).map(({ entry }) => entry);
  const request = own.find((entry): entry is EntryOf<"REQ"> => entry.kind === "REQ");
  if (request !== undefined) return whatText(request.what);
  const call = own.find((entry): entry is EntryOf<"CALL"> => entry.kind === "CALL");
  if (call !== undefined) return callText(packageName(entries, call.package), call.function);
  const signal = own.flatMap((entry) => (entry.kind === "DLV" && entry.signal > 0 ? [entry.signal] : []))[0];
  const sent = entries.find(({ lsn }) => lsn === signal)?.entry;
  if (sent?.kind === "SIG") return `wait signal("${sent.name}")`;
  if (own.some(({ kind }) => kind === "ARM")) return "a timer";
  const said = own.find((entry): entry is EntryOf<"OUT"> => entry.kind === "OUT");
  return said === undefined ? "something else" : said.channel;
}

/** `acme:mail send` as `acme:mail.send`. */
function whatText(what: string): string {
  const [pack = "", key] = what.split(" ");
  return key === undefined ? pack : callText(pack, key);
}

function packageName(entries: readonly { readonly entry: Entry }[], number: number): string {
  const start = entries[0]?.entry;
  return start?.kind === "START" ? (start.packages[number * 2] ?? "") : "";
}
