import { bytesToHex } from "@sumac/crypto";
import { nodeCrypto } from "@sumac/crypto/node";
import {
  explainImage,
  formatImageVersion,
  type ImageDependency,
  type ImageInput,
  type ImageVersion,
  layOutImage,
  parseImageVersion,
  type SlotGeometry,
} from "@sumac/mcuboot";
import { outputExists, writeFileAtomically } from "../atomic-file.ts";
import type { Arguments, Command, CommandContext } from "../command.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import { Failure, malformedInput, usage } from "../failure.ts";
import { fileState } from "../file-state.ts";
import { maxImageFileBytes, readImageFile } from "../image-file.ts";
import { imageVersionText } from "../mcuboot-lines.ts";
import { parseChoice, parseUnsigned } from "../option-values.ts";
import { openSigners, passphraseNote, signingOptions } from "../signers.ts";
import { humanSize } from "../terminal.ts";

export const mcubootSign: Command = {
  name: "mcuboot sign",
  summary: "make a signed MCUboot image of a raw binary",
  operands: [{ name: "binary", summary: "the build, a raw binary; - reads standard input" }],
  options: [
    ...signingOptions,
    { name: "out", value: "file", use: "required", summary: "where the image goes" },
    { name: "replace", summary: "overwrite --out if it is there" },
    { name: "version", value: "1.2.3+4", use: "required", summary: "of the image; the build number is optional" },
    {
      name: "header-size",
      value: "bytes",
      use: "required",
      summary: "of the area before the code, as the build was linked for (512 is usual)",
    },
    {
      name: "header-reserved",
      summary: "the binary begins with that area, all zero or all ff, and the header is written into it",
    },
    {
      name: "slot-size",
      value: "bytes",
      use: "required",
      summary: "of the device's slot: an image that does not fit is refused",
    },
    { name: "align", value: "bytes", summary: "smallest write of the device's flash: 1, 2, 4, 8 (default), 16 or 32" },
    { name: "max-sectors", value: "n", summary: "the boot loader is built for (default 128)" },
    { name: "security-counter", value: "n", summary: "for rollback protection; auto makes one of the version" },
    {
      name: "dependency",
      value: "n:version",
      use: "repeatable",
      summary: "image n of the same device must have at least this version",
    },
    { name: "load-address", value: "n", summary: "the code is copied there and runs from RAM (0: it is not)" },
    { name: "kind", value: "digest|pure", summary: "sign the digest (default), or with Ed25519 the image itself" },
    { name: "digest", value: "name", summary: "sha-256 (default) or, with Ed25519, sha-512 (default of pure)" },
    {
      name: "pad",
      value: "test|confirm",
      summary: "fill the slot, with the mark that the image is tried once, or stays",
    },
  ],
  notes: ["The same input gives the same bytes with Ed25519, as MCUboot's own tool makes them.", passphraseNote],
  run,
};

async function run(given: Arguments, context: CommandContext): Promise<ExitCode> {
  const { io, terminal } = context;
  const out = given.required("out");
  if (out === "-") throw usage("bad-value", "the image has to go to a file", "name one with --out");
  const ifExists = given.flag("replace") === "given" ? "replace" : "refuse";
  if (ifExists === "refuse" && fileState(io, out) !== "absent") throw outputExists(out, "with --out");
  const settings = imageSettings(given);
  const [signer, ...more] = await openSigners(given, context);
  if (signer === undefined) {
    throw usage("missing-option", "no --key to sign with", "give a private key: --key keys/vendor.pem.age");
  }
  if (more.length > 0) {
    throw usage("bad-value", "an MCUboot image has one signature", "give one --key");
  }
  const { bytes, size } = await readImageFile(io, given.operand("binary"));
  if (size > maxImageFileBytes) {
    throw malformedInput(
      "file-too-large",
      `the binary has ${size} bytes, the limit is ${maxImageFileBytes}`,
      "name the raw binary of one image",
    );
  }
  const { kind, digest, ...rest } = settings;
  const laidOut = layOutImage(
    {
      ...rest,
      payload: bytes,
      signature: { key: signer.publicKey, kind, ...(digest === undefined ? {} : { digest }) },
    },
    nodeCrypto,
  );
  if (!laidOut.ok) {
    const { code } = laidOut.error;
    throw new Failure({ code, ...explainImage(laidOut.error), exit: exitCode.usage });
  }
  const image = laidOut.value.finish(await signer.sign(laidOut.value.toBeSigned));
  writeFileAtomically(io, { name: out, bytes: image, ifExists });
  const version = imageVersionText(settings.version);
  terminal.json({
    image: out,
    version: formatImageVersion(settings.version),
    size: image.length,
    hash: laidOut.value.digest,
    keyId: signer.keyId,
  });
  terminal.line(`${out}: version ${version}, ${humanSize(image.length)}`);
  terminal.line(`  hash ${bytesToHex(laidOut.value.digest)}`);
  terminal.line(`  signed by ${bytesToHex(signer.keyId)}`);
  return exitCode.ok;
}

type Settings = Omit<ImageInput, "payload" | "signature"> & Pick<ImageInput["signature"], "kind" | "digest">;

function imageSettings(given: Arguments): Settings {
  const counter = given.option("security-counter");
  const loadAddress = number("load-address", given.option("load-address") ?? "0");
  const digest = given.option("digest");
  const pad = given.option("pad");
  return {
    headerSpace: given.flag("header-reserved") === "given" ? "reserved" : "added",
    headerSize: number("header-size", given.required("header-size")),
    version: version("version", given.required("version")),
    slot: slotGeometry(given),
    dependencies: given.all("dependency").map(dependency),
    kind: parseChoice("kind", given.option("kind") ?? "digest", ["digest", "pure"]),
    ...(digest === undefined ? {} : { digest: parseChoice("digest", digest, ["sha-256", "sha-512"]) }),
    ...(pad === undefined ? {} : { pad: parseChoice("pad", pad, ["test", "confirm"]) }),
    ...(counter === undefined
      ? {}
      : { securityCounter: counter === "auto" ? ("automatic" as const) : number("security-counter", counter) }),
    // 0 is what stands in an image without one, and the reference tool marks no such image as one for RAM.
    ...(loadAddress === 0 ? {} : { loadAddress, flags: ["ram-load"] as const }),
  };
}

function slotGeometry(given: Arguments): SlotGeometry {
  const align = parseChoice("align", given.option("align") ?? "8", ["1", "2", "4", "8", "16", "32"]);
  return {
    size: number("slot-size", given.required("slot-size")),
    align: Number(align),
    sectors: number("max-sectors", given.option("max-sectors") ?? "128"),
  };
}

/** Decimal, or hexadecimal after 0x: addresses and sizes of flash are written so. */
function number(option: string, value: string): number {
  return Number(parseUnsigned(option, /^0x[0-9a-f]{1,16}$/i.test(value) ? BigInt(value).toString() : value));
}

function version(option: string, value: string): ImageVersion {
  const parsed = parseImageVersion(value);
  if (parsed !== undefined) return parsed;
  throw usage(
    "bad-value",
    `--${option} ${value} is no version of an MCUboot image`,
    "give major.minor.revision up to 255.255.65535, and +build if there is one",
  );
}

function dependency(value: string): ImageDependency {
  const [, image = "", minVersion = ""] = /^(\d{1,3}):(.*)$/.exec(value) ?? [];
  if (image === "") {
    throw usage("bad-value", `--dependency ${value} names no image and version`, "give it as 1:1.2.3");
  }
  return { image: Number(image), minVersion: version("dependency", minVersion) };
}
