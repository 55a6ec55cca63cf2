import { err, ok, type Result } from "@sumac/cbor";
import type { Pkcs11Refusal, UriFlaw } from "./pkcs11-refusal.ts";

/** A key in a token, as RFC 7512 names it. Whatever is given has to match; what is not given matches everything. */
export interface Pkcs11Uri {
  readonly token?: string;
  readonly serial?: string;
  readonly manufacturer?: string;
  readonly model?: string;
  readonly slotId?: bigint;
  /** CKA_LABEL of the key. */
  readonly object?: string;
  /** CKA_ID of the key. */
  readonly id?: Uint8Array;
  /** The driver of the token, a shared library; absolute. */
  readonly modulePath?: string;
  /** A file that holds the PIN; absolute. */
  readonly pinSource?: string;
}

const texts: Readonly<Record<string, "token" | "serial" | "manufacturer" | "model" | "object">> = {
  token: "token",
  serial: "serial",
  manufacturer: "manufacturer",
  model: "model",
  object: "object",
};

/**
 * Reads `pkcs11:token=...;object=...?module-path=...`. An attribute that is not understood is refused, not skipped: it
 * would narrow the choice of the key. `pin-value` is refused in any case.
 */
export function parsePkcs11Uri(text: string): Result<Pkcs11Uri, Pkcs11Refusal> {
  const [, path, query] = /^pkcs11:([^?#]*)(?:\?([^?#]*))?$/i.exec(text) ?? [];
  if (path === undefined) return flaw("not-a-pkcs11-uri");
  const uri: { -readonly [Member in keyof Pkcs11Uri]: Pkcs11Uri[Member] } = {};
  const seen = new Set<string>();
  const parts = [...split(path, ";", "path"), ...split(query ?? "", "&", "query")];
  if (parts.some(({ name }) => name === "pin-value")) return err({ code: "pkcs11-pin-in-uri" });
  for (const { name, encoded, where } of parts) {
    if (encoded === undefined || name === "") return flaw("attribute-without-value", name);
    if (seen.has(name)) return flaw("duplicate-attribute", name);
    seen.add(name);
    const bytes = decodePercent(encoded);
    const value = bytes === undefined ? undefined : decodeUtf8(bytes);
    if (bytes === undefined) return flaw("percent-encoding", name);
    if (where === "path" && name === "id") {
      uri.id = bytes;
      continue;
    }
    if (value === undefined) return flaw("percent-encoding", name);
    const member = where === "path" && Object.hasOwn(texts, name) ? texts[name] : undefined;
    if (member !== undefined) uri[member] = value;
    else if (where === "path" && name === "type") {
      if (value !== "private") return flaw("not-a-private-key", name);
    } else if (where === "path" && name === "slot-id") {
      if (!/^\d{1,19}$/.test(value)) return flaw("slot-id", name);
      uri.slotId = BigInt(value);
    } else if (where === "query" && name === "module-path") {
      if (!value.startsWith("/")) return flaw("module-path", name);
      uri.modulePath = value;
    } else if (where === "query" && name === "pin-source") {
      const file = value.replace(/^file:(\/\/)?(?=\/)/, "");
      // RFC 7512 leaves the rest of its forms open; a command behind `|` would be run.
      if (!file.startsWith("/")) return flaw("pin-source", name);
      uri.pinSource = file;
    } else return flaw("unknown-attribute", name);
  }
  return ok(uri);
}

const flaw = (reason: UriFlaw, attribute?: string): Result<never, Pkcs11Refusal> =>
  err({ code: "pkcs11-uri-invalid", reason, ...(attribute === undefined ? {} : { attribute }) });

interface Part {
  readonly name: string;
  readonly encoded: string | undefined;
  readonly where: "path" | "query";
}

function split(text: string, separator: string, where: Part["where"]): Part[] {
  if (text === "") return [];
  return text.split(separator).map((part) => {
    const at = part.indexOf("=");
    return at < 0
      ? { name: part, encoded: undefined, where }
      : { name: part.slice(0, at), encoded: part.slice(at + 1), where };
  });
}

function decodePercent(encoded: string): Uint8Array | undefined {
  const bytes: number[] = [];
  const text = new TextEncoder().encode(encoded);
  for (let i = 0; i < text.length; i++) {
    const byte = text[i] ?? 0;
    if (byte !== 0x25) bytes.push(byte);
    else {
      const digits = String.fromCharCode(text[i + 1] ?? 0, text[i + 2] ?? 0);
      if (!/^[0-9a-f]{2}$/i.test(digits)) return undefined;
      bytes.push(Number.parseInt(digits, 16));
      i += 2;
    }
  }
  return Uint8Array.from(bytes);
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
