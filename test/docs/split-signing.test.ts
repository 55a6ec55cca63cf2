import { readFileSync } from "node:fs";
import path from "node:path";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  buildManifest,
  maxSignatureFileBytes,
  maxSigningRequestBytes,
  prepareSigning,
  signatureFileVersion,
  signingRequestVersion,
  signRequest,
} from "@sumac/signing";
import { nodeSha1, openUnencryptedTestKey } from "@sumac/signing/node";
import { expect, test } from "vitest";
import { codeSpans, readPage, root, tableRows } from "./markdown.ts";

const page = readPage("docs/spec/split-signing.md");
const column = (header: readonly string[]) => tableRows(page, header).map(([name = ""]) => codeSpans(name)[0]);
const context = { crypto: nodeCrypto };

async function made() {
  const key = path.join(root, "firmware-fixtures", "keys", "vendor.test-only.private.pem");
  const opened = await openUnencryptedTestKey(key);
  const built = buildManifest(
    {
      description: { vendor: "vendor.example", product: "rtu", components: [{ id: ["a"], name: "a", maxSize: 9n }] },
      image: Uint8Array.of(1),
      version: "1",
      sequence: 1n,
    },
    { crypto: nodeCrypto, sha1: nodeSha1 },
  );
  if (!opened.ok || !built.ok) throw new Error("no release");
  const { signer } = opened.value;
  const roles = [{ name: "release", threshold: 1, keys: [{ publicKey: signer.publicKey, holder: "alice" }] }];
  const request = prepareSigning(built.value.envelope, roles, context);
  if (!request.ok) throw new Error(request.error.code);
  const signature = await signRequest(request.value, signer, context);
  if (!signature.ok) throw new Error(signature.error.code);
  const parse = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  return { request: parse(request.value.file), signature: parse(signature.value) };
}

test("both files have the members of the page, in its order, and so have the examples", async () => {
  const { request, signature } = await made();
  expect(column(["Member of a request", "Is"])).toEqual(Object.keys(request));
  expect(column(["Member of a signature", "Is"])).toEqual(Object.keys(signature));
  const [first, second] = Array.from(page.matchAll(/^```json\n([\s\S]*?)^```$/gm), ([, text = ""]) => JSON.parse(text));
  expect(Object.keys(first)).toEqual(Object.keys(request));
  expect(Object.keys(second)).toEqual(Object.keys(signature));
  const keysOf = (from: unknown) => Object.keys((from as { roles: [{ keys: [object] }] }).roles[0].keys[0]);
  expect(keysOf(first)).toEqual(keysOf(request));
});

test("versions and limits are those of the code", () => {
  const versions = [...page.matchAll(/^\| `version` \| (\d+) \|$/gm)].map(([, number]) => Number(number));
  expect(versions).toEqual([signingRequestVersion, signatureFileVersion]);
  expect(page).toContain(`at most ${maxSigningRequestBytes} bytes`);
  expect(page).toContain(`at most ${maxSignatureFileBytes} bytes`);
});

test("the refusals are those of the code", () => {
  const source = readFileSync(path.join(root, "packages/signing/src/split-refusal.ts"), "utf8");
  const codes = Array.from(source.matchAll(/code: "([a-z-]+)"/g), ([, code = ""]) => code);
  expect(codes.length).toBeGreaterThan(8);
  expect(column(["Code", "Means"]).sort()).toEqual(codes.sort());
});
