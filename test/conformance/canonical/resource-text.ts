/** Guests with resources of their own, and with resources of the host. */
import { guestText, type GuestText } from "./guest.ts";

/** A resource that the guest defines and keeps to itself, and another. */
export const RESOURCE: string = `(type $r (resource (rep i32))) (type $s (resource (rep i32)))
  (core func $new (canon resource.new $r)) (core func $drop (canon resource.drop $r)) (core func $rep (canon resource.rep $r))
  (core func $new-s (canon resource.new $s)) (core func $drop-s (canon resource.drop $s)) (core func $rep-s (canon resource.rep $s))`;

export const BUILTINS: Readonly<Record<string, string>> = {
  new: "(param i32) (result i32)",
  drop: "(param i32)",
  rep: "(param i32) (result i32)",
  "new-s": "(param i32) (result i32)",
  "drop-s": "(param i32)",
  "rep-s": "(param i32) (result i32)",
};

export const API = "t:guest/api";

/** A guest that exports its resource and functions, whose types call it `$r`, in the interface `t:guest/api`. */
export function exportingResource(
  core: string,
  exports: Readonly<Record<string, string>>,
  more: Partial<GuestText> = {},
): string {
  const all = Object.entries(exports);
  const lifts = all.map(
    ([name, type]) =>
      `(func $${name} ${type} (canon lift (core func $main "${name}") (memory $memory) (realloc $realloc)))`,
  );
  const outside = all.map(
    ([name, type]) => `(export "${name}" (func $${name}) (func ${type.replaceAll("$r", "$named")}))`,
  );
  const after = `${lifts.join("\n")}
    (component $shim
      (import "r" (type $r (sub resource)))
      ${all.map(([name, type]) => `(import "${name}" (func $${name} ${type}))`).join("\n")}
      (export $named "r" (type $r))
      ${outside.join("\n")})
    (instance $api (instantiate $shim (with "r" (type $r))
      ${all.map(([name]) => `(with "${name}" (func $${name}))`).join(" ")}))
    (export "${API}" (instance $api))`;
  return guestText({ before: RESOURCE, builtins: BUILTINS, core, exports: {}, after, ...more });
}

/** The host's own resource, lent to the guest and given to it. */
const FOREIGN = `(export "r" (type $r (sub resource)))
  (export "make" (func (result (own $r))))
  (export "look" (func (param "x" (borrow $r))))
  (export "take" (func (param "x" (own $r))))
  (export "both" (func (param "x" (borrow $r)) (param "y" (own $r))))
  (export "both-ways" (func (param "y" (own $r)) (param "x" (borrow $r))))
  (export "look-all" (func (param "x" (list (list (borrow $r))))))`;

const FOREIGN_IMPORTS = {
  make: "(result i32)",
  look: "(param i32)",
  take: "(param i32)",
  both: "(param i32 i32)",
  "both-ways": "(param i32 i32)",
  "look-all": "(param i32 i32)",
};

export function foreign(core: string, type: string): string {
  return guestText({
    host: FOREIGN,
    imports: FOREIGN_IMPORTS,
    before: `(alias export $host "r" (type $r)) (core func $drop-r (canon resource.drop $r))`,
    builtins: { "drop-r": "(param i32)" },
    core,
    exports: { f: type },
  });
}
