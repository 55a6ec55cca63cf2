// node test/bundle/bundle-verifier.ts
// Writes packages/verifier/dist/bundle/{lean,full}.js and says how large they are.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type BareModule, buildBareModule } from "./bare-module.ts";

/** What each bundle exports, as the module that it is made of. */
const entries = {
  /** For a small device or a page: manifest-37, Ed25519, SHA-2. */
  lean: `
    export { verifyEnvelope } from "@sumac/verifier/lean";
    export { nobleEd25519Crypto as crypto } from "@sumac/crypto/noble-ed25519";`,
  /** Every extension, every profile, text, and the trust record's own reader; ECDSA besides Ed25519. */
  full: `
    export { parseTrustRecord, verifyEnvelope } from "@sumac/verifier";
    export { everyExtension } from "@sumac/suit";
    export { nobleCrypto as crypto } from "@sumac/crypto/noble";`,
} as const;

export type BundleName = keyof typeof entries;
export const bundleNames: readonly BundleName[] = Object.keys(entries) as BundleName[];

export const bundleVerifier = (name: BundleName): Promise<BareModule> => buildBareModule(entries[name]);

if (import.meta.main) {
  const folder = path.resolve(import.meta.dirname, "../../packages/verifier/dist/bundle");
  mkdirSync(folder, { recursive: true });
  for (const name of bundleNames) {
    const { code, bytes } = await bundleVerifier(name);
    writeFileSync(path.join(folder, `${name}.js`), code);
    console.log(`${name}.js: ${bytes.noble + bytes.own} bytes, ${bytes.noble} of them noble`);
  }
}
