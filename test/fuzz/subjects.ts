import { readFileSync } from "node:fs";
import path from "node:path";
import { parsePublicKeyPem } from "@sumac/cose";
import { nodeCrypto } from "@sumac/crypto/node";
import { trustKey, type VerifyContext, verifyEnvelope } from "@sumac/verifier";
import { sharedVectors } from "../support/shared-vectors.ts";
import { recipientContext } from "../vectors/recipient-context.ts";
import { readVectors } from "../vectors/vector-folder.ts";
import { envelopeSubject } from "./envelope-subject.ts";
import { cborSubjects, coseSubjects } from "./item-subjects.ts";
import type { Subject } from "./subject.ts";

/** Everything that is accepted: our own vectors, and the envelopes that others published. */
export const allSubjects = (): readonly Subject[] => [
  ...cborSubjects(),
  ...coseSubjects(),
  ...ownEnvelopes(),
  ...publishedEnvelopes(),
];

export const ownEnvelopes = (): readonly Subject[] =>
  readVectors("suit")
    .filter(({ expect }) => expect.verdict === "accept")
    .map(({ name, bytes, headers: { context } }) => envelopeSubject(name, bytes, recipientContext(context), context));

interface PublishedEnvelope {
  readonly file: string;
  readonly signed: boolean;
  readonly keyFile: string | null;
}

/** Under their own keys and for any device; none where they are not at hand. */
export function publishedEnvelopes(): readonly Subject[] {
  const { folder, absent } = sharedVectors("suit");
  if (absent) return [];
  const index = JSON.parse(readFileSync(path.join(folder, "INDEX.json"), "utf8")) as {
    readonly envelopes: readonly PublishedEnvelope[];
  };
  return index.envelopes.flatMap(({ file, signed, keyFile }) => {
    if (!signed || keyFile === null || !/^(draft-37|libcsuit)\//.test(file)) return [];
    const bytes = new Uint8Array(readFileSync(path.join(folder, file)));
    const context = publishedContext(path.join(folder, keyFile));
    // Two of them come without their severed members, so that nothing could be installed.
    const complete = verifyEnvelope(bytes, context).ok;
    return complete ? [envelopeSubject(file, bytes, context)] : [];
  });
}

function publishedContext(keyFile: string): VerifyContext {
  const key = parsePublicKeyPem(readFileSync(keyFile, "utf8"));
  if (!key.ok) throw new Error(key.error.code);
  const keys = [trustKey(key.value, nodeCrypto)];
  return {
    crypto: nodeCrypto,
    trust: {
      roles: [{ name: "release", purpose: "release", threshold: 1, keys, components: "any" }],
      legacyAlgorithms: [-7],
    },
    recipient: { vendorIds: "any", classIds: "any", components: "any" },
    installed: { floor: 0n },
  };
}
