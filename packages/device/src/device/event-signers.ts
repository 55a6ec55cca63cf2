import { hexToBytes } from "@sumac/crypto";
import type { VerifiedUpdate } from "@sumac/verifier";
import type { EventSigner } from "./device-event.ts";

/** Who signed an update, once for each role that counted the key. */
export const eventSigners = ({ signers }: Pick<VerifiedUpdate, "signers">): readonly EventSigner[] =>
  signers.flatMap(({ roles, keyId }) => roles.map((role) => ({ role, keyId: hexToBytes(keyId) })));
