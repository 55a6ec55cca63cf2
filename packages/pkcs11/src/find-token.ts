import { err, ok, type Result } from "@sumac/cbor";
import type { SignerFault } from "@sumac/signing";
import type { Cryptoki, Handle, TokenInfo } from "./cryptoki.ts";
import { tokenFlag } from "./labels.ts";
import type { Pkcs11Refusal } from "./pkcs11-refusal.ts";
import type { Pkcs11Uri } from "./pkcs11-uri.ts";

export interface FoundToken {
  readonly slot: Handle;
  readonly info: TokenInfo;
  /** For messages. */
  readonly name: string;
}

/** The one token that the URI means. A choice between two is the person's: the wrong one would count a wrong PIN. */
export function findToken(cryptoki: Cryptoki, uri: Pkcs11Uri): Result<FoundToken, SignerFault | Pkcs11Refusal> {
  const found: FoundToken[] = [];
  for (const slot of cryptoki.C_GetSlotList(true)) {
    const info = cryptoki.C_GetTokenInfo(slot);
    if ((info.flags & tokenFlag.tokenInitialized) === 0 || !isMeant(slot, info, uri)) continue;
    found.push({ slot, info, name: `the token ${JSON.stringify(unpadded(info.label))}` });
  }
  const [first, ...others] = found;
  if (first === undefined) return err({ code: "token-absent", signer: describe(uri) });
  if (others.length === 0) return ok(first);
  const serials = found.map(({ info }) => unpadded(info.serialNumber));
  return err({ code: "token-ambiguous", signer: describe(uri), serials });
}

/** Texts of a token are filled up with spaces; some tokens hold zeros instead. */
export const unpadded = (text: string): string => text.replace(/[ \0]+$/, "");

const isMeant = (slot: Handle, info: TokenInfo, uri: Pkcs11Uri): boolean =>
  (uri.token === undefined || uri.token === unpadded(info.label)) &&
  (uri.serial === undefined || uri.serial === unpadded(info.serialNumber)) &&
  (uri.manufacturer === undefined || uri.manufacturer === unpadded(info.manufacturerID)) &&
  (uri.model === undefined || uri.model === unpadded(info.model)) &&
  (uri.slotId === undefined || uri.slotId === slotNumber(slot));

/** A CK_SLOT_ID, in the byte order of the machine; all that Node runs on are little-endian but s390x. */
const slotNumber = (slot: Handle): bigint => slot.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);

function describe({ token, serial, slotId }: Pkcs11Uri): string {
  if (token !== undefined) return `the token ${JSON.stringify(token)}`;
  if (serial !== undefined) return `the token with the serial number ${JSON.stringify(serial)}`;
  return slotId === undefined ? "a token" : `the token in slot ${slotId}`;
}
