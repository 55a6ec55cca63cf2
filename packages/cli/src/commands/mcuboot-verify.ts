import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  explainImage,
  formatImageVersion,
  type ImageRefusal,
  keyHash,
  parseImage,
  recomputedDigest,
  verifyImage,
} from "@sumac/mcuboot";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { usage } from "../failure.ts";
import { maxImageFileBytes, readImageFile } from "../image-file.ts";
import { imageVersionText } from "../mcuboot-lines.ts";
import { parseUnsigned } from "../option-values.ts";
import { readPublicKey } from "../public-key-file.ts";
import { humanSize, type Terminal } from "../terminal.ts";

export const mcubootVerify: Command = {
  name: "mcuboot verify",
  summary: "verify an MCUboot image as a boot loader with these keys would",
  operands: [{ name: "file", summary: "the image; - reads standard input" }],
  options: [
    { name: "key", value: "file", use: "repeatable", summary: "public key (PEM) that may have signed" },
    {
      name: "stored-counter",
      value: "n",
      summary: "the device's security counter: refuse an image with a lower one, or none",
    },
    { name: "max-size", value: "bytes", summary: "refuse an image larger than this (the device's max_image_size)" },
  ],
  notes: [
    "Prints the verdict. Exit code 0: accepted; 3: refused; 4: the file is no MCUboot image.",
    "The digest is recomputed: a signature that is only good for the stored one is not enough.",
  ],
  run,
};

async function run(given: Arguments, { io, terminal }: CommandContext): Promise<ExitCode> {
  const names = given.all("key");
  if (names.length === 0) {
    throw usage("missing-option", "no --key to verify with", "give the vendor's public key: --key vendor.pub.pem");
  }
  const keys = await Promise.all(names.map((name) => readPublicKey(io, name)));
  const counter = given.option("stored-counter");
  const maxSize = given.option("max-size");
  const { bytes, size } = await readImageFile(io, given.operand("file"));
  if (size > maxImageFileBytes) {
    return refuse({ code: "too-large", size, limit: maxImageFileBytes }, bytes, terminal);
  }
  const verified = verifyImage(bytes, {
    crypto: nodeCrypto,
    keys,
    rollback: counter === undefined ? "none" : { storedCounter: Number(parseUnsigned("stored-counter", counter)) },
    ...(maxSize === undefined ? {} : { maxImageSize: Number(parseUnsigned("max-size", maxSize, 1n)) }),
  });
  if (!verified.ok) return refuse(verified.error, bytes, terminal);
  const { image, digest, signers, kind } = verified.value;
  const version = imageVersionText(image.header.version);
  const named = signers.map((key) => bytesToHex(keyHash(key, digest.algorithm, nodeCrypto)));
  terminal.json({
    verdict: "accepted",
    version: formatImageVersion(image.header.version),
    securityCounter: image.securityCounter,
    hash: digest.bytes,
    hashAlgorithm: digest.algorithm,
    signature: kind,
    keyHashes: named,
  });
  terminal.line(`accepted: version ${version}, ${humanSize(image.length)}`, "green");
  terminal.line(`  hash ${digest.algorithm}:${bytesToHex(digest.bytes)}`);
  terminal.line(`  security counter ${image.securityCounter ?? "none"}`);
  for (const name of named) terminal.line(`  signed by key hash ${name}`);
  return exitCode.ok;
}

function refuse(refusal: ImageRefusal, bytes: Uint8Array, terminal: Terminal): ExitCode {
  const claimed = parseImage(bytes);
  terminal.json({
    verdict: "refused",
    ...refusal,
    version: claimed.ok ? formatImageVersion(claimed.value.header.version) : null,
    securityCounter: claimed.ok ? claimed.value.securityCounter : undefined,
    hash: (claimed.ok ? recomputedDigest(claimed.value, nodeCrypto)?.bytes : undefined) ?? null,
  });
  terminal.line("refused", "red");
  const exit = refusal.code === "malformed-image" ? exitCode.malformed : exitCode.refused;
  terminal.failure({ code: refusal.code, ...explainImage(refusal), exit });
  return exit;
}
