import type { BuildRefusal } from "./build-manifest.ts";
import type { ElfKind, ElfReason } from "./elf.ts";
import type { FirmwareRefusal } from "./firmware-image.ts";
import type { IntelHexReason } from "./intel-hex.ts";
import { type ContentKind, contentName } from "./recognise-content.ts";
import { type Explanation, hexAddress, say, type Words, words } from "./words.ts";

const convert = "give the .elf, .hex or .bin file that the linker or objcopy wrote";

const remedies: Readonly<Partial<Record<ContentKind, string>>> = {
  empty: "build the firmware again; the last step may have failed",
  blank: "read the flash again, or give the file that the build wrote",
  "git-lfs-pointer": "run `git lfs pull` to get the file itself",
  "s-record": "convert it: objcopy -I srec -O binary INPUT OUTPUT",
  uf2: "give the .elf, .hex or .bin file that the UF2 was made from",
  zip: "unpack the archive and give the firmware file inside",
  gzip: "unpack it first; if the device takes the compressed bytes, say so with --format binary",
  xz: "unpack it first; if the device takes the compressed bytes, say so with --format binary",
  zstd: "unpack it first; if the device takes the compressed bytes, say so with --format binary",
  bzip2: "unpack it first; if the device takes the compressed bytes, say so with --format binary",
  tar: "unpack the archive and give the firmware file inside; if the device takes the archive, say so with --format binary",
  "7-zip": "unpack the archive and give the firmware file inside",
  html: "the download may have given an error page: look at the file, and fetch the firmware again",
  "suit-envelope": "this is a release already: sign, inspect or publish it",
  "private-key": "never hand out a private key; give the firmware file",
  "encrypted-private-key": "never hand out a private key; give the firmware file",
  "age-file": "never hand out a private key; give the firmware file",
};

const hexFlaws: Readonly<Record<IntelHexReason, string>> = {
  "no-colon": "does not begin with a colon",
  "bad-digit": "contains something that is no hexadecimal digit",
  "wrong-length": "is longer or shorter than it says",
  "bad-checksum": "has a wrong checksum",
  "unknown-record-type": "is of a type that the format does not have",
  "data-after-end": "follows the end-of-file record",
  "missing-end": "is the last one and no end-of-file record: the file was cut",
  "address-overflow": "goes beyond 4 GiB",
};

const elfFlaws: Readonly<Record<ElfReason, string>> = {
  "truncated-header": "the header is cut",
  "unknown-class": "it is neither 32 nor 64 bit",
  "unknown-byte-order": "it is neither little nor big endian",
  "unknown-version": "the version is not 1",
  "wrong-entry-size": "the program header entries have a wrong size",
  "too-many-segments": "it has more segments than any firmware",
  "table-outside-file": "the program header table lies outside the file",
  "segment-outside-file": "a segment lies outside the file",
  "segment-larger-than-memory": "a segment has more bytes in the file than in memory",
  "headers-in-segment":
    "the ELF headers are part of a segment, and without a section table nobody can tell where they end",
};

const elfKinds: Readonly<Record<ElfKind, Explanation>> = {
  relocatable: say("it is a relocatable object, not linked yet", "link it, and give the linked file"),
  "shared-object": say(
    "it is a shared object or a position-independent program, which needs a loader",
    "link it for fixed addresses, or convert it: objcopy -O binary INPUT OUTPUT",
  ),
  "needs-loader": say(
    "it is a program for an operating system, which needs a loader",
    "give the firmware image that contains it",
  ),
  core: say("it is a memory dump of a program", convert),
  other: say("it is of an unknown type", convert),
};

export const firmwareWords: Words<FirmwareRefusal> = {
  "not-firmware": ({ looksLike, expected }) =>
    say(
      expected === "detect" || expected === "binary"
        ? `this is no firmware image: it looks like ${contentName(looksLike)}`
        : `this is no ${words(expected)} file: it looks like ${contentName(looksLike)}`,
      remedies[looksLike] ?? convert,
    ),
  "firmware-too-large": ({ size, limit }) =>
    say(`the firmware has ${size} bytes, the limit is ${limit}`, "check that it is the right file"),
  "firmware-too-spread": ({ span, limit, gapStart, gapEnd }) =>
    say(
      `the firmware spans ${span} bytes of memory, the limit is ${limit}; nothing lies from ${hexAddress(gapStart)} to ${hexAddress(gapEnd)}`,
      "leave out what is not in the slot (option bytes, fuses, RAM): objcopy --remove-section NAME",
    ),
  "firmware-without-data": ({ format }) =>
    say(`the ${words(format)} file holds no bytes for the device`, "build the firmware again"),
  "intel-hex-malformed": ({ line, reason }) =>
    say(`line ${line} of the Intel HEX file ${hexFlaws[reason]}`, "fetch or build the file again"),
  "intel-hex-overlap": ({ line, otherLine, address }) =>
    say(
      `lines ${otherLine} and ${line} of the Intel HEX file both write address ${hexAddress(address)}`,
      "when merging files, merge those that do not overlap",
    ),
  "elf-malformed": ({ reason, offset }) =>
    say(`the ELF file is damaged: ${elfFlaws[reason]} (offset ${offset})`, "fetch or build the file again"),
  "elf-not-firmware": ({ kind }) => ({
    ...elfKinds[kind],
    problem: `this ELF file is no firmware: ${elfKinds[kind].problem}`,
  }),
  "elf-overlap": ({ start, end }) =>
    say(
      `two ELF segments claim the addresses from ${hexAddress(start)} to ${hexAddress(end)}`,
      "correct the load addresses in the linker script",
    ),
};

type BuildOnly = Exclude<BuildRefusal, { readonly code: "several-components" }>;

export const buildWords: Words<BuildOnly> = {
  "image-empty": () => say("the firmware image is empty", "build the firmware again"),
  "image-larger-than-slot": ({ size, limit, component }) =>
    say(
      `the image has ${size} bytes, and component ${component} takes ${limit}`,
      "make the image smaller, or correct maxSize if the slot really is larger",
    ),
  "sequence-out-of-range": ({ sequence, lowest, highest }) =>
    say(`the sequence number ${sequence} is not one of ${lowest} to ${highest}`, "take the last one used and add 1"),
  "version-invalid": ({ version }) =>
    say(
      `${JSON.stringify(version)} cannot be a version`,
      "use 1 to 64 letters, digits and . + _ ~ -, beginning with a letter or digit",
    ),
  "payload-uri-invalid": ({ uri }) =>
    say(
      `${JSON.stringify(uri)} cannot be the URI of a payload`,
      "use up to 256 printable ASCII characters without spaces, not beginning with #",
    ),
  "envelope-too-large": ({ size, limit }) =>
    say(
      `the envelope would have ${size} bytes, the limit is ${limit}`,
      "keep the payload beside the envelope instead of inside it",
    ),
};
