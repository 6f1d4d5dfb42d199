/**
 * Where a module beside this one lies: `.ts` when run from source, `.js` when built. For workers, which are started by URL
 * and whose paths no compiler rewrites.
 */
export function siblingModule(name: string, importer: string): URL {
  const extension = /\.[jt]s(?=$|[?#])/.exec(importer)?.[0] ?? ".js";
  return new URL(`./${name}${extension}`, importer);
}
