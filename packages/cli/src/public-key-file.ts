import { parsePublicKeyPem } from "@sumac/cose";
import type { PublicKey } from "@sumac/crypto";
import { decodeText, readWhole } from "./bound-read.ts";
import { malformedInput } from "./failure.ts";
import type { Io } from "./io.ts";

const maxKeyFileBytes = 16384;

/** Reads a public key (PEM, SubjectPublicKeyInfo). Private keys and Sumac's own key files are refused by name. */
export async function readPublicKey(io: Io, name: string): Promise<PublicKey> {
  const bytes = await readWhole(io, name, "a public key in PEM", maxKeyFileBytes);
  if (isAgeFile(bytes)) {
    throw malformedInput(
      "private-key-given",
      `${name} is a private key file in age format where a public key is expected`,
      "give the public half, the .pub.pem file beside it",
    );
  }
  const text = decodeText(bytes, name, "a public key in PEM");
  const parsed = parsePublicKeyPem(text);
  if (parsed.ok) return parsed.value;
  const { reason, offset } = parsed.error;
  switch (reason) {
    case "private-key":
      throw malformedInput(
        "private-key-given",
        `${name} holds a private key where a public key is expected`,
        "give the public half (the .pub.pem file beside the key), and keep the private one to yourself",
      );
    case "weak-key":
      throw malformedInput(
        "weak-key",
        `${name} holds a key that proves nothing`,
        "do not trust it; ask for another key",
      );
    case "compressed-point":
      throw malformedInput(
        "public-key-invalid",
        `${name} holds a compressed point`,
        "convert it: openssl ec -pubin -conv_form uncompressed",
      );
    default:
      throw malformedInput(
        "public-key-invalid",
        `${name} is no public key in PEM of a kind that is known here (${reason.replaceAll("-", " ")} at ${offset})`,
        "give a file that begins with -----BEGIN PUBLIC KEY-----",
      );
  }
}

/** Binary or armoured; how the encrypted private keys begin that `sumac keys new` makes. */
const isAgeFile = (bytes: Uint8Array): boolean =>
  /^\s*(age-encryption\.org\/|-----BEGIN AGE ENCRYPTED FILE-----)/.test(
    new TextDecoder("latin1").decode(bytes.subarray(0, 256)),
  );
