/** The contract of the Signer port. Every implementation runs it from its own test file. */
import { algorithmForScheme, keyId } from "@sumac/cose";
import { schemeForms } from "@sumac/crypto";
import { noblePostQuantumCrypto } from "@sumac/crypto/noble-post-quantum";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import type { Signer } from "./signer.ts";

const messages: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ["nothing", new Uint8Array()],
  ["one byte", Uint8Array.of(0)],
  ["a block boundary", new Uint8Array(64).fill(0x5a)],
  ["a megabyte", new Uint8Array(2 ** 20).fill(0xa5)],
];

export function signerContract(name: string, open: () => Promise<Signer>): void {
  describe(`signer contract: ${name}`, () => {
    test("has the key id of its public key", async () => {
      const signer = await open();
      expect(signer.keyId).toEqual(keyId(signer.publicKey, nodeCrypto));
    });

    test("uses the current algorithm of its key's scheme", async () => {
      const signer = await open();
      expect(signer.algorithm).toEqual(algorithmForScheme(signer.publicKey.scheme));
      expect(signer.algorithm.status).toBe("current");
    });

    test.each(messages)("signs %s, for every verifier", async (_, message) => {
      const signer = await open();
      const signature = await signer.sign(message);
      expect(signature).toHaveLength(schemeForms[signer.publicKey.scheme].signatureLength);
      expect(nodeCrypto.verify(signer.publicKey, message, signature)).toBe(true);
      expect(noblePostQuantumCrypto.verify(signer.publicKey, message, signature)).toBe(true);
    });

    test("signs the bytes themselves: another message does not verify", async () => {
      const signer = await open();
      const message = Uint8Array.of(1, 2, 3);
      const signature = await signer.sign(message);
      expect(nodeCrypto.verify(signer.publicKey, Uint8Array.of(1, 2, 4), signature)).toBe(false);
    });

    test("leaves its input alone, and does not look at it later", async () => {
      const signer = await open();
      const message = Uint8Array.of(1, 2, 3);
      const first = await signer.sign(message);
      expect(message).toEqual(Uint8Array.of(1, 2, 3));
      message.fill(9);
      expect(nodeCrypto.verify(signer.publicKey, Uint8Array.of(1, 2, 3), first)).toBe(true);
    });

    test("signs several messages at once", async () => {
      const signer = await open();
      const inputs = Array.from({ length: 8 }, (_, i) => new Uint8Array(i).fill(i));
      const signatures = await Promise.all(inputs.map((input) => signer.sign(input)));
      expect(inputs.map((input, i) => nodeCrypto.verify(signer.publicKey, input, signatures[i] as Uint8Array))).toEqual(
        inputs.map(() => true),
      );
    });

    test("shows nothing private when it is printed", async () => {
      const signer = await open();
      expect(Object.keys(signer).sort()).toEqual(["algorithm", "keyId", "publicKey", "sign"]);
      expect(JSON.stringify(signer)).not.toContain("PRIVATE");
    });
  });
}
