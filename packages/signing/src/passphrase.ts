import { err, ok, type Result } from "@sumac/cbor";
import type { PassphraseRefusal } from "./passphrase-refusal.ts";

/** Shorter ones are refused for new keys; existing keys open with whatever they were made with. */
export const minimumPassphraseCharacters = 8;
const maximumPassphraseBytes = 1024;

/**
 * A passphrase as UTF-8 bytes. It has no text form, so that it cannot slip into a log, and `wipe` overwrites it.
 * Nothing is normalised: other tools that open the file would not do so either.
 */
export class Passphrase {
  #bytes: Uint8Array | undefined;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Takes `bytes` over: `wipe` overwrites them. Control characters are refused, because no prompt can type them. */
  static parse(bytes: Uint8Array): Result<Passphrase, PassphraseRefusal> {
    const refuse = (reason: PassphraseRefusal["reason"]) => err({ code: "passphrase-unusable", reason } as const);
    if (bytes.length === 0) return refuse("empty");
    if (bytes.length > maximumPassphraseBytes) return refuse("too-long");
    if (bytes.some((byte) => byte < 0x20 || byte === 0x7f)) return refuse("control-character");
    return isUtf8(bytes) ? ok(new Passphrase(bytes)) : refuse("not-utf-8");
  }

  /** The secret itself, not a copy: to be used at once, and neither kept nor printed. */
  reveal(): Uint8Array {
    if (this.#bytes === undefined) throw new Error("the passphrase was wiped");
    return this.#bytes;
  }

  wipe(): void {
    this.#bytes?.fill(0);
    this.#bytes = undefined;
  }

  /** Characters, not bytes. */
  get length(): number {
    // A UTF-8 continuation byte (10xxxxxx) starts no character.
    return this.reveal().reduce((count, byte) => count + ((byte & 0xc0) === 0x80 ? 0 : 1), 0);
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
