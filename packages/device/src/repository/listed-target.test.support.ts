import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import { type FoundTarget, jsonValue } from "@sumac/tuf";
import { trustKey } from "@sumac/verifier";
import { classId, vendorId, vendorKey } from "../device/release.test.support.ts";

export const keyName = (key: typeof vendorKey): string => bytesToHex(trustKey(key.publicKey, nodeCrypto).keyId);

const uuid = (bytes: Uint8Array): string =>
  bytesToHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

interface Listing {
  readonly sequence?: number;
  readonly custom?: object;
  readonly keys?: readonly (typeof vendorKey)[];
  readonly role?: string;
  readonly path?: string;
}

/** As a repository lists an envelope, with one thing about it that is not as usual. */
export function listed(
  envelope: Uint8Array,
  { sequence = 6, custom = {}, keys = [vendorKey], role = "line-drives", path = "drives/rtu/1.6.0.suit" }: Listing = {},
): FoundTarget {
  const digest = nodeCrypto.startDigest("sha-256");
  digest.update(envelope);
  const members = {
    line: "drives",
    vendor_id: uuid(vendorId),
    class_id: uuid(classId),
    sequence,
    components: ["6669726d77617265"],
    envelope_type: "application/suit-envelope+cose; manifest-version=1",
    ...custom,
  };
  const value = jsonValue(members);
  if (value.kind !== "object") throw new Error("an object");
  const key = (each: typeof vendorKey) => ({
    keyId: keyName(each),
    keyType: "ed25519",
    scheme: "ed25519",
    material: keyName(each),
    offset: 0,
  });
  return {
    target: {
      path,
      length: envelope.length,
      hashes: new Map([["sha256", bytesToHex(digest.digest())]]),
      custom: value,
    },
    role,
    roleVersion: 1,
    keys: { keys: new Map(keys.map((each) => [keyName(each), key(each)])), threshold: keys.length },
  };
}
