import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { keyId, parsePublicKeyPem } from "@sumac/cose";
import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import type { EvidenceSigner, Role } from "@sumac/sdl";
import { testKeyFiles } from "../test-keys.ts";

/** Who works on the example product. Ids only: names stay out of evidence. */
export const people: Readonly<Record<string, readonly Role[]>> = {
  "p-lead": ["security-lead"],
  "p-owner": ["product-owner"],
  "p-arch": ["architect"],
  "p-dev": ["developer"],
  "p-test": ["tester"],
  "p-rel": ["release-manager"],
  "p-inc": ["incident-handler"],
  "p-doc": ["technical-writer"],
  "p-buy": ["purchasing"],
  "ci-1": ["build-system"],
};

/** One person's TEST ONLY key. */
export interface TestPerson extends EvidenceSigner {
  readonly id: string;
  readonly kid: string;
  readonly publicPem: string;
  readonly privateFile: { readonly name: string; readonly text: string };
}

const made = new Map<string, TestPerson>();

export function testPerson(id: string): TestPerson {
  const known = made.get(id);
  if (known !== undefined) return known;
  const [secret, open] = testKeyFiles(`rtu-${id}`);
  if (secret === undefined || open === undefined) throw new Error(`no key for ${id}`);
  const parsed = parsePublicKeyPem(open.text);
  if (!parsed.ok) throw new Error(`the key of ${id} is unusable`);
  const key: KeyObject = createPrivateKey(secret.text.slice(secret.text.indexOf("-----BEGIN")));
  const id32 = keyId(parsed.value, nodeCrypto);
  const person: TestPerson = {
    id,
    keyId: id32,
    kid: bytesToHex(id32),
    publicPem: open.text,
    privateFile: secret,
    sign: async (bytes) => new Uint8Array(sign(null, bytes, key)),
  };
  made.set(id, person);
  return person;
}
