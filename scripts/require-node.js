// Scripts started by npm get the pinned Node from node_modules/.bin; anything older stops here with a way out.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `sennit needs Node 24 or newer, and this is Node ${process.versions.node}.\n` +
      "Run it through npm (`npm start`, `npm test`, `npx sennit …`): `npm ci` installs a newer Node for this checkout.\n" +
      "If you ran it through npm, the platform package was left out: run `npm ci --include=optional`.",
  );
  process.exit(2);
}
