/** A package on its way to another realm: its manifest and the bytes of its files, as one canonical CBOR value. */
import type { AnyValue } from "../../../wit/any.ts";
import { decodeAny, encodeAny } from "../../../wit/cbor.ts";
import type { Manifest, PackageFiles } from "../../manifest.ts";
import { Broken } from "./reader.ts";

export interface Parcel {
  readonly manifest: Manifest;
  readonly place: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What was kept of earlier work on these files. */
  readonly kept: ReadonlyMap<string, Uint8Array>;
}

export function packParcel({ manifest, place, files, kept }: Parcel): Uint8Array {
  return encodeAny(
    new Map<string, AnyValue>([
      ["manifest", JSON.stringify(manifest)],
      ["place", place],
      ["files", new Map(files)],
      ["kept", new Map(kept)],
    ]),
  );
}

export function unpackParcel(bytes: Uint8Array): Parcel {
  const parts = decodeAny(bytes);
  if (!(parts instanceof Map)) throw new Broken("a package is no map");
  return {
    manifest: withInfinity(JSON.parse(String(parts.get("manifest"))) as Manifest), // the caller wrote it
    place: String(parts.get("place")),
    files: parts.get("files") as ReadonlyMap<string, Uint8Array>,
    kept: parts.get("kept") as ReadonlyMap<string, Uint8Array>,
  };
}

/** A limit that was lifted is `null` in JSON. */
function withInfinity(manifest: Manifest): Manifest {
  const limits = Object.entries(manifest.limits).map(([key, value]) => [key, value ?? Infinity]);
  return { ...manifest, limits: Object.fromEntries(limits) as Manifest["limits"] };
}

/** The files of a parcel, as hosts read them. There are no others. */
export function filesOf({ manifest, place, files, kept }: Parcel): PackageFiles {
  return {
    manifest,
    place,
    read: (path) => {
      const bytes = files.get(path);
      return bytes === undefined ? Promise.reject(new Broken(`${path} was not sent`)) : Promise.resolve(bytes);
    },
    list: (folder) => Promise.resolve([...files.keys()].filter((path) => isBelow(path, folder)).toSorted()),
    cache: { get: (key) => Promise.resolve(kept.get(key)), put: () => Promise.resolve() },
  };
}

function isBelow(path: string, folder: string): boolean {
  return folder === "" || folder === "." || path.startsWith(`${folder}/`);
}
