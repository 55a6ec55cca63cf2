import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The public SUIT vectors stand beside the checkout; they are read at test time and never become part of the project. */
const folder = fileURLToPath(new URL("../../../../shared/vectors/suit", import.meta.url));

export const vectorsAbsent: boolean = !existsSync(folder);
if (vectorsAbsent)
  console.warn("skipped: the public SUIT vectors are not beside this checkout (../shared/vectors/suit)");

/** What `INDEX.json` says of an envelope: the fields that concern this package. */
export interface PublishedEnvelope {
  readonly file: string;
  readonly bytes: number;
  readonly sequenceNumber: number;
  readonly components: readonly (readonly string[])[];
  readonly manifestDigest: { readonly alg: number; readonly hex: string };
  readonly authBlocks: readonly {
    readonly alg: number;
    readonly toBeSignedHex: string;
    readonly signatureHex: string;
  }[];
  readonly wrapperDigestElementHex: string;
  readonly manifestBytes: number;
  readonly envelopeKeys: readonly (number | string)[];
  readonly manifestKeys: readonly number[];
  readonly uris: readonly string[];
  readonly imageDigests: readonly { readonly alg: number; readonly hex: string; readonly size?: number }[];
  readonly dependencies?: readonly { readonly index: number; readonly prefix?: readonly string[] }[];
  readonly manifestComponentId?: readonly string[];
  readonly severable?: Readonly<Record<string, { readonly digestHex: string; readonly presentInEnvelope: boolean }>>;
}

export const vectorBytes = (file: string): Uint8Array => new Uint8Array(readFileSync(path.join(folder, file)));

const index: readonly PublishedEnvelope[] = vectorsAbsent
  ? []
  : JSON.parse(new TextDecoder().decode(vectorBytes("INDEX.json"))).envelopes;

export const publishedEnvelopes = (folderName: string): readonly PublishedEnvelope[] =>
  index.filter(({ file }) => file.startsWith(`${folderName}/`));
