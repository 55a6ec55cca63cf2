import { type CborItem, type CborValue, need, needLabel, refuseMalformed } from "@sumac/cbor";
import { concatBytes, keyFault } from "@sumac/crypto";
import { readLabels } from "./encrypt-headers.ts";
import { refuseUnsupported } from "./encrypt-refusal.ts";
import { coseKeyLabel, curveP256, keyTypeEc2 } from "./labels.ts";

/**
 * The sender's one-time key: a COSE_Key of kind EC2 on P-256 with both coordinates (RFC 9053 7.1.1), as a point of 65
 * bytes. Refuses `compressed-point`, and a point off the curve as `wrong-value`: with one, an attacker learns the
 * recipient's private key piece by piece.
 */
export function readEphemeralKey(item: CborItem, field: string): Uint8Array {
  const members = readLabels(item, field, coseKeyLabel);
  const member = (name: keyof typeof coseKeyLabel): CborItem =>
    members.get(name) ?? refuseMalformed("missing", `${field}.${name}`, item.offset);
  const number = (name: "kty" | "crv", only: number): void => {
    const found = member(name);
    const value = needLabel(found, `${field}.${name}`);
    if (value !== only) refuseUnsupported(value, `${field}.${name}`, found.offset);
  };
  const coordinate = (name: "x" | "y"): Uint8Array => {
    const found = member(name);
    if (name === "y" && found.kind === "simple" && found.value !== null) {
      refuseMalformed("compressed-point", `${field}.y`, found.offset);
    }
    const { value } = need(found, "bytes", `${field}.${name}`);
    return value.length === 32 ? value : refuseMalformed("wrong-length", `${field}.${name}`, found.offset);
  };
  number("kty", keyTypeEc2);
  number("crv", curveP256);
  const point = concatBytes(Uint8Array.of(4), coordinate("x"), coordinate("y"));
  if (keyFault({ scheme: "ecdsa-p256-sha256", bytes: point }) !== undefined) {
    refuseMalformed("wrong-value", field, item.offset);
  }
  return point;
}

/** The COSE_Key of a point of 65 bytes. */
export const ephemeralKeyValue = (point: Uint8Array): CborValue =>
  new Map<CborValue, CborValue>([
    [coseKeyLabel.kty, keyTypeEc2],
    [coseKeyLabel.crv, curveP256],
    [coseKeyLabel.x, point.subarray(1, 33)],
    [coseKeyLabel.y, point.subarray(33)],
  ]);
