import { attempt, type Result, refuse } from "@sumac/cbor";
import { canonicalBytes } from "./canonical-json.ts";
import { decodeHex } from "./hex.ts";
import { asObject, needArray, needObject, needString } from "./json-fields.ts";
import type { JsonMalformed } from "./json-refusal.ts";
import type { JsonObject } from "./json-value.ts";
import type { KeyRefusal, TufRefusal } from "./refusal.ts";
import { parseStrictJson } from "./strict-json.ts";

/** A file of metadata, not yet believed: `{"signed": ..., "signatures": [...]}`. */
export interface SignedFile {
  /** Its name in the repository, for refusals. */
  readonly file: string;
  /** The bytes that length and digest in other files cover. */
  readonly received: Uint8Array;
  readonly signed: JsonObject;
  /** The bytes that the signatures cover: the canonical form of `signed` as received, unknown members included. */
  readonly signedBytes: Uint8Array;
  /** No key id twice. */
  readonly signatures: readonly FileSignature[];
}

export interface FileSignature {
  readonly keyId: string;
  /** Undefined for a place that is still empty: tools list key holders who have not signed yet. */
  readonly signature: Uint8Array | undefined;
}

export function parseSignedFile(bytes: Uint8Array, file: string): Result<SignedFile, TufRefusal> {
  const json = parseStrictJson(bytes);
  if (!json.ok) return { ok: false, error: { ...json.error, file } };
  return readFile(file, () => {
    const outer = asObject(json.value, "");
    const signed = needObject(outer, "signed", "");
    return {
      file,
      received: bytes,
      signed,
      signedBytes: canonicalBytes(signed, bytes),
      signatures: readSignatures(outer, file),
    };
  });
}

function readSignatures(outer: JsonObject, file: string): FileSignature[] {
  const seen = new Set<string>();
  return needArray(outer, "signatures", "").items.map((item, index) => {
    const field = `signatures.${index}`;
    const object = asObject(item, field);
    const keyId = needString(object, "keyid", field);
    // Refused even if the threshold is met without it: no honest signer writes this.
    if (seen.has(keyId)) {
      refuse({ code: "duplicate-signature", file, keyId, offset: object.offset } satisfies TufRefusal);
    }
    seen.add(keyId);
    const text = needString(object, "sig", field);
    return { keyId, signature: text === "" ? undefined : decodeHex(text) };
  });
}

/** Runs readers that unwind, and adds the name of the file to what they refuse. */
export function readFile<T>(file: string, read: () => T): Result<T, TufRefusal> {
  const result = attempt<T, JsonMalformed | KeyRefusal | TufRefusal>(read);
  return result.ok ? result : { ok: false, error: { ...result.error, file } as TufRefusal };
}
