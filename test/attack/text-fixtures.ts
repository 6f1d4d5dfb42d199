/** A folder with a plugin whose texts clear the screen, for the command line. */
import { Folder } from "../cli/sennit.ts";

export const ESCAPE_LUA: Readonly<Record<string, string>> = {
  "escape/sennit.toml": `[package]\nname = "acme:escape"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "escape.lua"\nwit = "escape.wit"\n`,
  "escape/escape.wit": `package acme:escape@1.0.0;\nworld w { export text: func() -> string; export fail: func(); }`,
  "escape/escape.lua": `return { text = function() return "\\27[2J\\27]0;owned\\7\\r" end, fail = function() error("\\27[2Jgone\\7") end }`,
};

export function folderOf(files: Readonly<Record<string, string>>): Folder {
  return new Folder(files);
}
