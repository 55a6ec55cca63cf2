import type { BuildRefusal } from "./build-manifest.ts";
import type { DescriptionRefusal } from "./description-reader.ts";
import type { EncryptPayloadRefusal } from "./encrypt-payload.ts";
import type { InconsistentEnvelope } from "./envelope-consistency.ts";
import type { Finding } from "./finding.ts";
import type { FirmwareRefusal } from "./firmware-image.ts";
import type { KeyRefusal, KeyWarning } from "./key-refusal.ts";
import type { PassphraseSourceRefusal } from "./passphrase-refusal.ts";
import type { SignRefusal } from "./sign-envelope.ts";
import type { SignerFault } from "./signer-fault.ts";
import type { SplitRefusal } from "./split-refusal.ts";

/** Everything that this package refuses. */
export type SigningRefusal =
  | KeyRefusal
  | PassphraseSourceRefusal
  | FirmwareRefusal
  | DescriptionRefusal
  | BuildRefusal
  | EncryptPayloadRefusal
  | InconsistentEnvelope
  | SignRefusal
  | SignerFault
  | SplitRefusal;

/** Everything that `explain` has words for. */
export type SigningFact = SigningRefusal | KeyWarning | Finding;
