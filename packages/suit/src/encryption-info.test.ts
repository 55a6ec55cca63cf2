import { findContentKey, startDecryption } from "@sumac/cose";
import { agreementKey, hexToBytes, keyEncryptionKey, type RecipientKey } from "@sumac/crypto";
import { nodeDecryption } from "@sumac/crypto/decryption/node";
import { nodeCrypto } from "@sumac/crypto/node";
import { describe, expect, test } from "vitest";
import type { Parameters } from "./command.ts";
import { parseEncryptionInfo } from "./encryption-info.ts";
import type { Envelope } from "./envelope.ts";
import { firmwareEncryption24 } from "./firmware-encryption-24.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { parseEnvelope } from "./parse-envelope.ts";
import { parseManifest } from "./parse-manifest.ts";
import { publishedEnvelopes, vectorBytes, vectorsAbsent } from "./published-vectors.test.support.ts";
import { trustDomains12 } from "./read-dependencies.ts";
import { resolveSeverable } from "./resolve-severable.ts";
import { serializeManifest } from "./serialize-manifest.ts";

const limits: Limits = { ...defaultLimits, extensions: [firmwareEncryption24, trustDomains12] };
const withoutEncryption: Limits = { ...defaultLimits, extensions: [trustDomains12] };

function opened(file: string): Envelope {
  const envelope = parseEnvelope(vectorBytes(file), limits);
  if (!envelope.ok) throw new Error(JSON.stringify(envelope.error));
  return envelope.value;
}

/** All parameters that the install sequence of an envelope sets, in order. */
function installParameters(envelope: Envelope): readonly Parameters[] {
  const manifest = parseManifest(envelope.manifest, limits);
  if (!manifest.ok) throw new Error(JSON.stringify(manifest.error));
  const members = resolveSeverable(envelope, manifest.value, nodeCrypto, limits);
  if (!members.ok) throw new Error(JSON.stringify(members.error));
  const commands = members.value.install?.commands ?? [];
  return commands.flatMap((command) => (command.kind === "override-parameters" ? [command.parameters] : []));
}

const base64url = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, "base64url"));
const jwk = (file: string): { readonly kid: string; readonly k?: string; readonly d?: string } =>
  JSON.parse(new TextDecoder().decode(vectorBytes(file)));

/** The published keys of both kinds of recipient. */
function publishedKeys(): readonly RecipientKey[] {
  const id = (kid: string): Uint8Array => new TextEncoder().encode(kid);
  const kek = jwk("keys/kek.a128kw.kid-1.jwk.json");
  const pair = jwk("keys/recipient.ecdh.kid-2.private.jwk.json");
  return [
    keyEncryptionKey(id(kek.kid), base64url(kek.k ?? ""), nodeDecryption),
    agreementKey(id(pair.kid), base64url(pair.d ?? ""), nodeDecryption),
  ];
}

/** What the published manifests fetch and do not carry. */
const fetchedCiphertext = (): Uint8Array =>
  hexToBytes(
    new TextDecoder()
      .decode(vectorBytes("firmware-encryption/encrypted-payload-aes-kw-aes-gcm.hex"))
      .replaceAll(/\s/g, "")
      .toLowerCase(),
  );

const published = publishedEnvelopes("firmware-encryption");

test.skipIf(vectorsAbsent)("five manifests with encryption are published", () => {
  expect(published).toHaveLength(5);
});

describe.skipIf(vectorsAbsent).each(published)("$file", ({ file }) => {
  test("is not supported by default: parameter 19, at its place in the file", () => {
    const refused = parseManifest(opened(file).manifest, withoutEncryption);
    if (refused.ok || refused.error.code !== "unsupported") throw new Error("not refused as unsupported");
    expect(refused.error.label).toBe(19);
    expect(vectorBytes(file)[refused.error.offset]).toBe(19);
  });

  test("is written again as it came once encryption is on, unsorted recipient header included", () => {
    const { manifest: received } = opened(file);
    const manifest = parseManifest(received, limits);
    if (!manifest.ok) throw new Error(JSON.stringify(manifest.error));
    expect(serializeManifest(manifest.value)).toEqual(received.content);
  });

  test("decrypts to the published firmware under the published key", async () => {
    const parameters = installParameters(opened(file));
    const info = parameters.find(({ encryptionInfo }) => encryptionInfo !== undefined)?.encryptionInfo;
    if (info === undefined) throw new Error("no encryption-info");
    const encryption = parseEncryptionInfo(info, 0);
    if (!encryption.ok) throw new Error(JSON.stringify(encryption.error));
    const contentKey = await findContentKey(encryption.value, publishedKeys(), nodeDecryption);
    if (!contentKey.ok) throw new Error(JSON.stringify(contentKey.error));
    const ciphertext = parameters.find(({ content }) => content !== undefined)?.content ?? fetchedCiphertext();
    const running = startDecryption(encryption.value, contentKey.value, nodeDecryption);
    expect(running.update(ciphertext)).toEqual(vectorBytes("libcsuit/raw_image.bin"));
    expect(running.finish()).toBe(true);
  });
});

test("offsets count from the start of the file", () => {
  expect(parseEncryptionInfo(Uint8Array.of(0xd8, 0x60, 0x80), 500)).toMatchObject({ error: { offset: 502 } });
  expect(parseEncryptionInfo(Uint8Array.of(0x80), 500)).toMatchObject({
    error: { code: "malformed", reason: "wrong-type", field: "encryption-info", offset: 500 },
  });
});

test("nesting beyond what the structure has is refused before it is followed", () => {
  const deep = Uint8Array.of(0xd8, 0x60, ...new Array(9).fill(0x81), 0xf6);
  expect(parseEncryptionInfo(deep, 0)).toMatchObject({ error: { reason: "too-deep" } });
});
