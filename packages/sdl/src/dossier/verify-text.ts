import type { DossierData } from "./dossier-data.ts";

/** `verify.txt`: made from the list alone, so that it can be made again and compared. */
export const verifyText = (data: DossierData, listSha256: string): string =>
  [
    `Dossier of ${oneLine(data.product.id)} ${oneLine(data.release.version)}, ${data.edition} edition, gate ${data.verdict}.`,
    "",
    "All at once, without a network, exit code 0 if nothing was altered:",
    "    sumac sdl verify .",
    "Who made it: compare the key ids with those you got by another way, or give the public key:",
    "    sumac sdl verify . --signer vendor.pem",
    "Without sumac, digests only: sha256sum --check on the lines below. The images themselves:",
    ...data.release.images.map(({ name, sha256 }) => `    ${sha256}  ${oneLine(name)}`),
    "",
    ...[...data.files, { path: "dossier.json", sha256: listSha256 }].map(({ path, sha256 }) => `${sha256}  ${path}`),
    "",
  ].join("\n");

const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Cf}]/gu, " ");
