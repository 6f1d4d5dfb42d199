// What is published has no Node among its dependencies (D1): `strip` before packing, `restore` after.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";

const manifest = new URL("../package.json", import.meta.url);
const kept = new URL("../package.checkout.json", import.meta.url);

switch (process.argv[2]) {
  case "strip": {
    // A kept one is from a packing that was interrupted: it is the true one.
    const text = readFileSync(existsSync(kept) ? kept : manifest, "utf8");
    writeFileSync(kept, text);
    const published = JSON.parse(text);
    for (const key of ["optionalDependencies", "devDependencies", "overrides", "scripts"]) delete published[key];
    writeFileSync(manifest, `${JSON.stringify(published, null, 2)}\n`);
    break;
  }
  case "restore":
    renameSync(kept, manifest);
    break;
  default:
    console.error("usage: node scripts/published-manifest.js strip|restore");
    process.exitCode = 2;
}
