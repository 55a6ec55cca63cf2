/** Why a dossier is not what its vendor made; the first of them is reported. */
export type DossierFault =
  | { readonly code: "dossier-malformed"; readonly file: string; readonly flaw: string }
  | { readonly code: "dossier-file-missing"; readonly file: string }
  | { readonly code: "dossier-file-altered"; readonly file: string; readonly expected: string; readonly found: string }
  | { readonly code: "dossier-file-unknown"; readonly file: string }
  | { readonly code: "dossier-signature"; readonly file: string; readonly keyId: string }
  | { readonly code: "dossier-signed-other"; readonly file: string; readonly flaw: string }
  | { readonly code: "dossier-unsigned"; readonly file: string }
  | { readonly code: "dossier-signer"; readonly file: string; readonly keyId: string }
  | { readonly code: "dossier-contradiction"; readonly file: string; readonly flaw: string }
  | { readonly code: "dossier-image"; readonly file: string; readonly sha256: string };

/** Form, or content that was changed: the exit code tells. */
export const isMalformed = ({ code }: DossierFault): boolean => code === "dossier-malformed";

export function explainDossierFault(fault: DossierFault): { readonly problem: string; readonly remedy: string } {
  const again = "get the dossier again from its vendor";
  switch (fault.code) {
    case "dossier-malformed":
      return {
        problem: `${fault.file} is not what it should be: ${fault.flaw}`,
        remedy: "name the folder that sumac sdl dossier wrote",
      };
    case "dossier-file-missing":
      return { problem: `${fault.file} is listed and not there`, remedy: again };
    case "dossier-file-altered":
      return {
        problem: `${fault.file} was altered: it has digest ${fault.found}, listed is ${fault.expected}`,
        remedy: again,
      };
    case "dossier-file-unknown":
      return {
        problem: `${fault.file} is there and not listed`,
        remedy: "move it out of the folder, or get the dossier again",
      };
    case "dossier-signature":
      return { problem: `a signature of ${fault.file} by ${fault.keyId} does not verify`, remedy: again };
    case "dossier-signed-other":
      return { problem: `${fault.file} is signed, but not for this: ${fault.flaw}`, remedy: again };
    case "dossier-unsigned":
      return {
        problem: `${fault.file} is not there: nobody signed this dossier`,
        remedy: "ask the vendor for a signed one",
      };
    case "dossier-signer":
      return {
        problem: `${fault.file} is not signed by ${fault.keyId}`,
        remedy: "check the key you got from the vendor, or refuse the dossier",
      };
    case "dossier-contradiction":
      return { problem: `${fault.file} says otherwise: ${fault.flaw}`, remedy: again };
    case "dossier-image":
      return {
        problem: `${fault.file} with digest ${fault.sha256} is no image of this release`,
        remedy: "do not install it; compare version and source",
      };
  }
}
