/** Which packages of a program live and end together, and which are outside of every run. */
import type { LoadedPackage } from "../../load/loaded.ts";

/** By number: packages connected by imports. What the host or the embedding program provides connects nothing. */
export function groupsOf(packages: readonly LoadedPackage[]): readonly (readonly number[])[] {
  const groups = packages.map((_, at) => [at]);
  packages.forEach(({ imports }, at) => {
    for (const { package: from } of imports.values()) {
      if (isOutside(packages[from])) continue;
      const [mine, other] = [groups.find((each) => each.includes(at)), groups.find((each) => each.includes(from))];
      if (mine === undefined || other === undefined || mine === other) continue;
      mine.push(...other.splice(0));
    }
  });
  return groups.filter((each) => each.length > 0).map((each) => each.toSorted((a, b) => a - b));
}

/** Whether calls of a package leave the run: they are effects, and it has no state that the run could rebuild. */
export function isOutside(pack: LoadedPackage | undefined): boolean {
  return pack?.plugin.manifest.language === "javascript";
}
