/** A Python package is read, and nothing of it compiled; the image that a realm starts it from belongs to all. */
import type { PackageFiles } from "../../manifest.ts";
import { readTexts, sourceFolder } from "../../package-text.ts";
import { pythonOwner } from "../../python/saved.ts";
import { folderToSend, imageToSend } from "../../python/sent-image.node.ts";
import { prepareText, type Parts } from "./prepare-text.ts";
import type { Prepared } from "./prepare.node.ts";

export async function preparePython(files: PackageFiles, cacheFolder: string | undefined): Promise<Prepared> {
  return await withImage(await described(files), cacheFolder);
}

async function described(files: PackageFiles): Promise<Prepared> {
  const prepared = await prepareText(files, pythonTexts);
  const { name, source } = files.manifest;
  const main = new TextDecoder().decode(prepared.parcel.files.get(source));
  return { ...prepared, stateOf: () => pythonOwner(name, prepared.digest, main)?.stateOf };
}

/** A realm that starts Python from the image of the runtime takes a fraction of the time; nothing of the package is in it. */
async function withImage(prepared: Prepared, cacheFolder: string | undefined): Promise<Prepared> {
  const [folder, image] = await Promise.all([folderToSend(), imageToSend(cacheFolder)]);
  const kept = new Map([...prepared.parcel.kept, folder, ...(image === undefined ? [] : [image])]);
  return { ...prepared, parcel: { ...prepared.parcel, kept } };
}

async function pythonTexts(files: PackageFiles): Promise<Parts> {
  await files.read(files.manifest.source);
  return { texts: [...(await readTexts(files, sourceFolder(files), ".py"))], witFirst: false };
}
