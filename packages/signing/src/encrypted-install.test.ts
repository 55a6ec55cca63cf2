import { nodeEncryption } from "@sumac/crypto/encryption/node";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  defaultLimits,
  digestOf,
  encloseBytes,
  firmwareEncryption24,
  type ManifestInput,
  parseManifest,
  serializeManifest,
} from "@sumac/suit";
import { expect, test } from "vitest";
import { encryptPayload } from "./encrypt-payload.ts";
import { encryptedInstall } from "./encrypted-install.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const image = text("TEST ONLY image");
const encrypted = encryptPayload(
  image,
  [{ kind: "key-encryption", keyId: text("kek"), secret: new Uint8Array(16) }],
  nodeEncryption,
);
if (!encrypted.ok) throw new Error(encrypted.error.code);
const { ciphertext, encryptionInfo } = encrypted.value;

const payload = {
  uri: "firmware.enc",
  digest: digestOf(nodeCrypto, "sha-256", ciphertext),
  size: BigInt(ciphertext.length),
};
const manifest: ManifestInput = {
  sequenceNumber: 1n,
  components: [[text("firmware")], [text("encrypted")]],
  shared: {
    commands: [
      { kind: "set-component-index", index: 0 },
      {
        kind: "override-parameters",
        parameters: { imageDigest: digestOf(nodeCrypto, "sha-256", image), imageSize: BigInt(image.length) },
      },
    ],
  },
  install: {
    at: "inline",
    value: {
      commands: encryptedInstall({ imageComponent: 0, ciphertextComponent: 1, payload, encryptionInfo }),
    },
  },
};
const received = encloseBytes(serializeManifest(manifest));

test("a reader who was told of encryption finds both images, and each matched after it was written", () => {
  const parsed = parseManifest(received, { ...defaultLimits, extensions: [firmwareEncryption24] });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { install } = parsed.value;
  if (install?.at !== "inline") throw new Error("not inline");
  const spoken = install.value.commands.map((command) =>
    command.kind === "condition" ? command.condition : command.kind === "directive" ? command.directive : command.kind,
  );
  expect(spoken).toEqual([
    "set-component-index",
    "override-parameters",
    "fetch",
    "image-match",
    "set-component-index",
    "override-parameters",
    "copy",
    "image-match",
  ]);
  expect(install.value.commands[1]).toMatchObject({
    parameters: { imageDigest: payload.digest, imageSize: payload.size, uri: payload.uri },
  });
  expect(install.value.commands[5]).toMatchObject({ parameters: { encryptionInfo, sourceComponent: 1 } });
});

test("every other reader is told that encryption is not supported, and where it stands", () => {
  const parsed = parseManifest(received);
  expect(parsed).toMatchObject({ ok: false, error: { code: "unsupported", label: 19 } });
  if (parsed.ok || parsed.error.code !== "unsupported") return;
  expect(received.content[parsed.error.offset - received.contentOffset]).toBe(19);
});
