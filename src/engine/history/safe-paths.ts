/**
 * Paths that came from anybody, and whether files can be made at them in a folder of any machine.
 *
 *   R1  Relative and plain: none leads out of the folder, names a device, or is another path on some system.
 *   R2  No two are the same where the case of letters or the form of accents makes no difference, and none is both a file and
 *       a folder.
 */
const LONGEST_PATH = 500;
const LONGEST_NAME = 200;
const DEEPEST = 32;

/** Controls, what is not shown, and what some system keeps for itself. */
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}<>:"\\|?*]/u;
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\..*)?$/iu;

/** R1 */
export function isSafePath(path: string): boolean {
  const names = path.split("/");
  return path.length <= LONGEST_PATH && names.length <= DEEPEST && names.every(isSafeName);
}

function isSafeName(name: string): boolean {
  if (name === "" || new TextEncoder().encode(name).length > LONGEST_NAME) return false;
  return !FORBIDDEN.test(name) && !/[. ]$/.test(name) && !DEVICE.test(name);
}

/** As the system sees it that tells the fewest names apart. */
export function folded(name: string): string {
  return name.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC");
}

/** The first of these files that cannot be beside the ones before it; null when all can (R2). */
export function clashIn(paths: Iterable<string>): string | null {
  /** By how they are seen: how they are written, and whether that is a file. */
  const seen = new Map<string, { readonly path: string; readonly isFile: boolean }>();
  for (const path of paths) {
    const names = path.split("/");
    for (let count = 1; count <= names.length; count++) {
      const isFile = count === names.length;
      const part = names.slice(0, count).join("/");
      const before = seen.get(folded(part));
      if (before === undefined) seen.set(folded(part), { path: part, isFile });
      else if (isFile || before.isFile || before.path !== part) return path;
    }
  }
  return null;
}
