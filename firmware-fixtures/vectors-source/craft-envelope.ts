import { type CborValue, Encoded, encode, Tagged } from "@sumac/cbor";
import { bytesToHex, hexToBytes } from "@sumac/crypto";
import { nodeSha1 } from "@sumac/signing/node";
import { classIdFor, vendorIdFor } from "@sumac/suit";
import { sha256, signatureInput, type TestSigner, vendor } from "./test-signer.ts";

/**
 * Envelopes from numbers and a CBOR encoder alone: nothing of @sumac/suit writes them, so that a mistake there does not
 * show up on both sides. Labels are the numbers of the wire; an undefined member is left out.
 */
export type Members = Readonly<Record<number, CborValue | undefined>>;

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const vendorId: Uint8Array = vendorIdFor("vendor.example", nodeSha1);
export const classId: Uint8Array = classIdFor(vendorId, "rtu-demo", nodeSha1);
export const firmware: CborValue = [utf8("firmware")];
export const settings: CborValue = [utf8("settings")];
export const modem: CborValue = [utf8("modem")];

export const image: Uint8Array = utf8("TEST ONLY firmware image\n");
export const otherImage: Uint8Array = utf8("TEST ONLY settings\n");

/** Items as they are to stand in the file, right or wrong. */
export const raw = (hex: string): Encoded => new Encoded(hexToBytes(hex.replaceAll(/\s/g, "")));

/** The content of a byte string that holds a command sequence, right or wrong. */
export const commands = (...items: readonly CborValue[]): Uint8Array => encode([...items]);

/** A CBOR map from numbered members. */
export const labelled = (...layers: readonly Members[]): ReadonlyMap<CborValue, CborValue> => {
  const map = new Map<CborValue, CborValue>();
  for (const [label, value] of Object.entries(Object.assign({}, ...layers) as Members)) {
    if (value !== undefined) map.set(Number(label), value);
  }
  return map;
};

export const digestItem = (bytes: Uint8Array): CborValue => [-16, sha256(bytes)];
/** An image digest as a parameter: a byte string around the array. */
export const digestParameter = (bytes: Uint8Array): Uint8Array => encode(digestItem(bytes));

/** Whose image it is, and which: the parameters of the shared sequence, with some changed or left out. */
export const shownImage = (changes: Members = {}): ReadonlyMap<CborValue, CborValue> =>
  labelled({ 1: vendorId, 2: classId, 3: digestParameter(image), 14: image.length }, changes);
export const isForUs: readonly CborValue[] = [1, 15, 2, 15];
export const shared: Uint8Array = commands(20, shownImage(), ...isForUs);

export const common = (changes: Members = {}): Uint8Array => encode(labelled({ 2: [firmware], 4: shared }, changes));

export const fetchFirmware: Uint8Array = commands(20, labelled({ 21: "firmware.bin" }), 21, 2, 3, 15);

/** The manifest of `suit/accept/one-component`, with members replaced, added or left out. */
export const manifest = (changes: Members = {}): Uint8Array =>
  encode(
    labelled(
      {
        1: 1,
        2: 7,
        3: common(),
        4: "https://vendor.example/rtu-demo/7",
        7: commands(3, 15),
        9: commands(23, 2),
        20: fetchFirmware,
      },
      changes,
    ),
  );

/** The one-component manifest with another shared sequence, and with another sequence under `label`. */
export const sharing = (...items: readonly CborValue[]): Uint8Array =>
  manifest({ 3: common({ 4: commands(...items) }) });
export const running = (label: number, ...items: readonly CborValue[]): Uint8Array =>
  manifest({ [label]: commands(...items) });

/** SUIT_Digest over a byte string, head included: of a manifest for the wrapper, of a member for its slot. */
export const memberDigest = (content: Uint8Array): CborValue => digestItem(encode(content));

export interface BlockOptions {
  readonly signer?: TestSigner;
  readonly algorithm?: number;
  readonly keyId?: Uint8Array | "absent";
  /** What is signed in place of the digest element. */
  readonly over?: Uint8Array;
  readonly signature?: Uint8Array;
}

/** A COSE_Sign1 over the digest element. */
export function sign1(element: Uint8Array, options: BlockOptions = {}): Uint8Array {
  const { signer = vendor, algorithm = -19, keyId = signer.keyId, over = element } = options;
  const header = encode(labelled({ 1: algorithm, 4: keyId === "absent" ? undefined : keyId }));
  const signature = options.signature ?? signer.sign(signatureInput(header, over));
  return encode(new Tagged(18, [header, new Map(), null, signature]));
}

export interface EnvelopeOptions {
  /** From the digest element to the blocks; default one by the vendor. */
  readonly blocks?: (element: Uint8Array) => readonly CborValue[];
  /** The content of the first wrapper element. */
  readonly element?: Uint8Array;
  /** Further or other members of the envelope: severed ones, a wrapper of another shape. */
  readonly members?: Members;
  readonly payloads?: Readonly<Record<string, CborValue>>;
  readonly tag?: number;
}

/** A complete envelope around manifest bytes, signed as it should be unless told otherwise. */
export function envelope(manifestBytes: Uint8Array = manifest(), options: EnvelopeOptions = {}): Uint8Array {
  const element = options.element ?? encode(memberDigest(manifestBytes));
  const blocks = options.blocks ?? ((own: Uint8Array) => [sign1(own)]);
  const wrapper = encode([element, ...blocks(element)]);
  const members = new Map([...labelled({ 2: wrapper, 3: manifestBytes }, options.members ?? {})]);
  for (const [uri, payload] of Object.entries(options.payloads ?? {})) members.set(uri, payload);
  return encode(new Tagged(options.tag ?? 107, members));
}

/** The hex of an encoded value, for patterns and edits. */
export const hexOf = (value: CborValue): string => bytesToHex(encode(value));
