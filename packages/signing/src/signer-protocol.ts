// The line protocol between Sumac and an external command that signs: docs/spec/signer-protocol.md.
import { err, ok, type Result } from "@sumac/cbor";
import { decodeBase64, encodeBase64, parsePublicKeyPem } from "@sumac/cose";
import { bytesToHex, type PublicKey, schemeForms } from "@sumac/crypto";
import { rawFromDer } from "./ecdsa-signature-form.ts";
import type { ReplyFlaw, SignerFault } from "./signer-fault.ts";

export const signerProtocol: {
  readonly version: number;
  readonly maxReplyBytes: number;
  readonly maxNoticeBytes: number;
  readonly timeoutSeconds: number;
} = {
  version: 1,
  /** Bytes of a reply with its line break. */
  maxReplyBytes: 64 * 1024,
  /** Bytes of standard error that are shown; the rest is read and dropped. */
  maxNoticeBytes: 4096,
  /** Long enough for a person to find the card and type the PIN. */
  timeoutSeconds: 120,
};

export type SignerRequest =
  | { readonly do: "public-key" }
  | { readonly do: "sign"; readonly keyId: Uint8Array; readonly algorithm: string; readonly message: Uint8Array };

/** One line with its line break. The PIN goes along only after the command asked for it. */
export function requestLine(request: SignerRequest, pin: string | undefined): string {
  const members =
    request.do === "public-key"
      ? {}
      : {
          keyId: bytesToHex(request.keyId),
          algorithm: request.algorithm,
          message: encodeBase64(request.message),
        };
  return `${JSON.stringify({ "sumac-signer": signerProtocol.version, do: request.do, ...members, pin })}\n`;
}

/** The errors that a reply can name, each with the fault it stands for. */
export const replyErrors: readonly ReplyError[] = [
  "pin-needed",
  "pin-wrong",
  "pin-blocked",
  "token-absent",
  "key-not-found",
  "user-refused",
  "failed",
];

export type ReplyError =
  | "pin-needed"
  | "pin-wrong"
  | "pin-blocked"
  | "token-absent"
  | "key-not-found"
  | "user-refused"
  | "failed";

export type Reply =
  | { readonly kind: "public-key"; readonly publicKey: PublicKey }
  | { readonly kind: "signature"; readonly bytes: Uint8Array; readonly form: "raw" | "der" }
  | { readonly kind: "error"; readonly fault: SignerFault };

/** Everything that the command wrote to standard output, as its one reply. */
export function parseReply(output: string, signer: string): Result<Reply, ReplyFlaw> {
  const line = output.endsWith("\n") ? output.slice(0, -1).replace(/\r$/, "") : output;
  if (line === "") return err("nothing");
  if (/[\r\n]/.test(line)) return err("several-lines");
  let reply: unknown;
  try {
    reply = JSON.parse(line);
  } catch {
    return err("not-json");
  }
  if (typeof reply !== "object" || reply === null || Array.isArray(reply)) return err("not-a-reply");
  const { publicKey, signature, form, error, message, triesLeft } = reply as Readonly<Record<string, unknown>>;
  if ([publicKey, signature, error].filter((member) => member !== undefined).length !== 1) return err("not-a-reply");
  if (error !== undefined) {
    const known = replyErrors.find((name) => name === error);
    if (known === undefined) return err("not-a-reply");
    return ok({ kind: "error", fault: faultOf(known, signer, { message, triesLeft }) });
  }
  if (publicKey !== undefined) {
    const parsed = typeof publicKey === "string" ? parsePublicKeyPem(publicKey) : undefined;
    return parsed?.ok === true ? ok({ kind: "public-key", publicKey: parsed.value }) : err("public-key");
  }
  const bytes = typeof signature === "string" ? decodeBase64(signature) : undefined;
  if (bytes === undefined || (form !== undefined && form !== "raw" && form !== "der")) return err("signature");
  return ok({ kind: "signature", bytes, form: form ?? "raw" });
}

function faultOf(
  error: ReplyError,
  signer: string,
  { message, triesLeft }: { readonly message: unknown; readonly triesLeft: unknown },
): SignerFault {
  switch (error) {
    case "pin-wrong": {
      const counted = typeof triesLeft === "number" && Number.isSafeInteger(triesLeft) && triesLeft >= 0;
      return { code: "pin-wrong", signer, ...(counted ? { triesLeft } : {}) };
    }
    case "key-not-found":
      return { code: "signing-key-not-found", signer };
    case "failed":
      return { code: "signer-failed", signer, said: typeof message === "string" ? message.slice(0, 400) : "" };
    default:
      return { code: error, signer };
  }
}

/** The signature as the Signer port wants it; undefined for one that cannot be of this key. */
export function portSignature(
  { bytes, form }: { readonly bytes: Uint8Array; readonly form: "raw" | "der" },
  { scheme }: PublicKey,
): Uint8Array | undefined {
  const { signatureLength } = schemeForms[scheme];
  if (form === "raw") return bytes.length === signatureLength ? bytes : undefined;
  const isEcdsa = scheme === "ecdsa-p256-sha256" || scheme === "ecdsa-p384-sha384";
  return isEcdsa ? rawFromDer(bytes, signatureLength / 2) : undefined;
}
