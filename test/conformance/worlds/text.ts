/** The WIT text of a world, or of several worlds made one. */
import type { GeneratedFunction, GeneratedInterface, GeneratedWorld, Param } from "./model.ts";
import { spelt } from "./words.ts";

/** One package with one world `w` that imports and exports everything of these worlds. */
export function witText(worlds: readonly GeneratedWorld[]): string {
  const packages = Map.groupBy(
    worlds.flatMap((world) => world.interfaces).filter((each) => each.package !== null),
    (each) => each.package ?? "",
  );
  return [
    `package test:worlds;\n\nworld w {\n${worlds.flatMap(worldLines).join("\n")}\n}\n`,
    ...[...packages].map(([id, all]) => `package ${id} {\n${all.map(interfaceText).join("\n")}\n}\n`),
  ].join("\n");
}

function worldLines(world: GeneratedWorld): string[] {
  return [
    ...world.lines,
    ...world.interfaces.flatMap(interfaceLines),
    ...world.imports.map((fn) => `import ${functionText(fn)}`),
    ...world.exports.map((fn) => `export ${functionText(fn)}`),
  ].map((line) => `  ${line}`);
}

function interfaceLines(iface: GeneratedInterface): string[] {
  if (iface.package === null) return [`export ${iface.id}: interface {\n${bodyText(iface)}  }`];
  const path = iface.id.replace(/\/([^@]*)/, (_, name: string) => `/${spelt(name)}`);
  return [...(iface.imported ? [`import ${path};`] : []), ...(iface.exported ? [`export ${path};`] : [])];
}

function interfaceText(iface: GeneratedInterface): string {
  return `  interface ${spelt(iface.name)} {\n${bodyText(iface)}  }`;
}

function bodyText({ lines, functions, resource }: GeneratedInterface): string {
  const free = functions.filter((fn) => fn.resource === null).map(functionText);
  const members = functions.filter((fn) => fn.resource !== null).map((fn) => `      ${memberText(fn)}\n`);
  const declared = resource === null ? [] : [`resource ${spelt(resource.label)} {\n${members.join("")}    }`];
  return [...lines, ...declared, ...free].map((line) => `    ${line}\n`).join("");
}

function functionText(fn: GeneratedFunction): string {
  return `${spelt(fn.name)}: func${signatureText(fn.params, fn)}`;
}

function memberText(fn: GeneratedFunction): string {
  if (fn.shape === "constructor") return `constructor(${paramsText(fn.params)});`;
  const name = spelt(fn.name.slice(fn.name.lastIndexOf(".") + 1));
  const params = fn.shape === "method" ? fn.params.slice(1) : fn.params;
  return `${name}: ${fn.shape === "static" ? "static " : ""}func${signatureText(params, fn)}`;
}

function signatureText(params: readonly Param[], { result }: GeneratedFunction): string {
  return `(${paramsText(params)})${result === null ? "" : ` -> ${result.text}`};`;
}

function paramsText(params: readonly Param[]): string {
  return params.map((param) => `${spelt(param.name)}: ${param.text}`).join(", ");
}
