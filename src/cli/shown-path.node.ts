/** Paths for people: below the folder where they are, they are told from there. */
import { isAbsolute, relative } from "node:path";

export function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near === "" || near.startsWith("..") || isAbsolute(near) ? path : near;
}
