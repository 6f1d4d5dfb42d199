/**
 * Plugins that run whatever code they are given, one per language: what a hostile author could have written.
 * And one that does no harm, to see that the next run works.
 */
import type { Language, Manifest, PackageFiles } from "../../src/host/manifest.ts";
import { packageOf } from "../host/lua-package.ts";

/** `attempt` answers with what the code left, or with the error that the guest got. */
export const ATTEMPT = "attempt";

const WIT = `package test:attack@1.0.0;
world attacker {
  import host: func(x: u32) -> u32;
  import tell: func(text: string);
  export attempt: func(code: string) -> string;
}`;

const PYTHON = `import wit_world
class WitWorld(wit_world.WitWorld):
    def attempt(self, code):
        scope = {"__name__": "attack"}
        try:
            exec(code, scope)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return str(scope.get("answer"))
`;

const LUA = `local sennit = require "sennit"
return { attempt = function(code)
  local chunk, mistake = load(code, "attack")
  if chunk == nil then return "error: " .. mistake:sub(1, 300) end
  local ok, answer = pcall(chunk)
  if ok then return tostring(answer) end
  return "error: " .. (tostring(answer):sub(1, 300))
end }`;

/** Written for `componentize-qjs`. */
export const JAVASCRIPT = `export function attempt(code) {
  try {
    return String((0, eval)(code));
  } catch (error) {
    return error?.name + ": " + error?.message;
  }
}`;

export const JAVASCRIPT_WIT = `package test:attack@1.0.0;
world attacker { export attempt: func(code: string) -> string; }`;

export function pythonAttacker(manifest: Partial<Manifest> = {}): PackageFiles {
  return attacker("python", { "app.py": PYTHON }, manifest);
}

export function luaAttacker(manifest: Partial<Manifest> = {}): PackageFiles {
  return attacker("lua", { "main.lua": LUA }, manifest);
}

function attacker(
  language: Language,
  files: Readonly<Record<string, string>>,
  manifest: Partial<Manifest>,
): PackageFiles {
  return packageOf({ wit: WIT, files, language, manifest: { name: "test:attack", ...manifest } });
}

/** Any world and source, for attacks that need functions of their own. */
export function sourcePackage(
  language: "lua" | "python",
  world: string,
  source: string,
  manifest: Partial<Manifest> = {},
): PackageFiles {
  const file = language === "lua" ? "main.lua" : "app.py";
  const wit = `package test:attack@1.0.0;\n${world}`;
  return packageOf({ wit, files: { [file]: source }, language, manifest: { name: "test:attack", ...manifest } });
}

export function goodLua(): PackageFiles {
  return sourcePackage("lua", "world good { export ok: func() -> u32; }", "return { ok = function() return 42 end }");
}
