import { algorithmById } from "@sumac/cose";
import { bytesToHex } from "@sumac/crypto";
import {
  type AuthenticationBlock,
  blockTag,
  describeComponent,
  describeSize,
  describeTime,
  nameOf,
  quote,
  renderLines,
  suitDraft,
  textLines,
} from "@sumac/suit";
import type { Colour } from "../terminal.ts";
import type { ImageFacts } from "./component-images.ts";
import type { KnownIdentifier } from "./identity-words.ts";
import type { CarriedPayload, Inspection } from "./inspection.ts";
import { blockWords } from "./judge-signatures.ts";

/** One line of the page; what matters is marked, never by the colour alone. */
export interface PageLine {
  readonly text: string;
  readonly colour?: Colour;
}

const labelWidth = 16;

/** What a person reads before approving: who signed, for what, which images, what a device does, what the author says. */
export function approvalPage(name: string, inspection: Inspection): readonly PageLine[] {
  const { opened, inside } = inspection;
  const { envelope, extensions } = opened;
  const drafts = extensions.map(({ draft }) => draft);
  return [
    { text: `${name}: ${describeSize(envelope.encoded.length)}` },
    row("format", drafts.length === 0 ? suitDraft : `${suitDraft}, with ${drafts.join(" and ")}`),
    ...body(inspection),
    ...[...inside].flatMap(([uri, inner]) => [
      ...heading(`THE ENVELOPE INSIDE, ${quote(uri)}`),
      ...body(inner).map(({ text, ...rest }) => ({
        text: `  ${text}`.trimEnd(),
        ...rest,
      })),
    ]),
  ];
}

const body = (inspection: Inspection): readonly PageLine[] => [
  ...signatureLines(inspection),
  ...purposeLines(inspection),
  ...imageLines(inspection),
  ...actionLines(inspection),
  ...textPart(inspection),
  ...wholenessLines(inspection),
];

const heading = (text: string): readonly PageLine[] => [{ text: "" }, { text, colour: "cyan" }];

const row = (label: string, value: string, colour?: Colour): PageLine => ({
  text: `  ${label.padEnd(labelWidth)}${value}`.trimEnd(),
  ...(colour && { colour }),
});

function signatureLines({ opened, signatures, profile }: Inspection): readonly PageLine[] {
  const { blocks } = opened.envelope;
  const title = signatures === undefined ? "SIGNATURES: NOT CHECKED" : "SIGNATURES: CHECKED";
  const lines: PageLine[] = [...heading(blocks.length === 0 ? "SIGNATURES" : title)];
  if (blocks.length === 0) lines.push({ text: "  none: every device refuses it", colour: "red" });
  else if (signatures === undefined) {
    const text = "  anybody can write these lines; to check them give --key FILE or --trust FILE";
    lines.push({ text, colour: "yellow" });
  }
  for (const [i, block] of blocks.entries()) {
    const verdict = signatures?.blocks[i];
    const { algorithm, keyId } = describeBlock(block);
    const words = verdict === undefined ? "not checked" : blockWords(verdict);
    const good = verdict?.verdict === "valid" ? "green" : "red";
    lines.push(row(`signature ${i + 1}`, `${algorithm}: ${words}`, verdict && good), row("", keyId));
  }
  for (const { name, purpose, have, need } of signatures?.roles ?? []) {
    const enough = have >= need ? "enough" : purpose === "approval" ? "still to be approved" : "NOT enough";
    const colour = have >= need ? "green" : purpose === "approval" ? "yellow" : "red";
    const kinds = profile === "hybrid" && purpose === "release" ? " of each kind" : "";
    lines.push(row(`role ${quoteName(name)}`, `${have} of ${need} needed${kinds}: ${enough}`, colour));
  }
  if (profile !== undefined) lines.push(row("profile", profileWords[profile]));
  return lines;
}

/** Of a trust record, so of our own side; still no place for control characters. */
const quoteName = (name: string): string => (/^[a-z0-9-]{1,40}$/.test(name) ? name : quote(name));

const profileWords = {
  classic: "classic: Ed25519 or ECDSA signatures",
  hybrid: "hybrid: a classical and an ML-DSA signature, both",
  cnsa2: "cnsa2: ML-DSA-87 signatures, SHA-384 or SHA-512 digests",
} as const;

function describeBlock(block: AuthenticationBlock): { readonly algorithm: string; readonly keyId: string } {
  if (block.kind === "unsupported") {
    return { algorithm: `COSE ${nameOf(blockTag, block.tag) ?? "structure"} (tag ${block.tag})`, keyId: "no key id" };
  }
  const { algorithm, keyId } = block.sign1;
  const known = algorithm === undefined ? undefined : algorithmById(algorithm);
  const words = algorithm === undefined ? "no algorithm named" : `${known?.name ?? "unknown algorithm"} (${algorithm})`;
  return { algorithm: words, keyId: keyId === undefined ? "no key id" : `key ${shownKeyId(keyId)}` };
}

/** An id of ours has 32 bytes; a hostile one must not fill the page. */
const shownKeyId = (keyId: Uint8Array): string =>
  keyId.length <= 64 ? bytesToHex(keyId) : `${bytesToHex(keyId.subarray(0, 64))} and ${keyId.length - 64} more bytes`;

function purposeLines({ opened, identity, versions, useBefore }: Inspection): readonly PageLine[] {
  const { sequenceNumber, components, dependencies = [], referenceUri, manifestComponentId } = opened.manifest;
  const absent = (what: string): PageLine => row(what, "not named: devices refuse it", "red");
  return [
    ...heading("FOR WHAT"),
    ...(identity.vendors.length === 0 ? [absent("vendor")] : identity.vendors.map((one) => idRow("vendor", one))),
    ...(identity.classes.length === 0 ? [absent("class")] : identity.classes.map((one) => idRow("class", one))),
    ...identity.devices.map(({ id }) => row("this device only", id)),
    ...components.map((id, i) => row(`component ${i}`, describeComponent(id))),
    ...dependencies.map(({ index }) => row(`dependency ${index}`, "another manifest, which has signatures of its own")),
    row("sequence", `${sequenceNumber} (the number that devices compare)`),
    ...(versions.length === 0
      ? [row("version", "none given")]
      : versions.map((version) => row("version", `${version} (for people: devices do not compare it)`))),
    ...(useBefore.length === 0
      ? [row("use before", "no limit")]
      : [...new Set(useBefore)].map((seconds) => row("use before", describeTime(seconds)))),
    ...(referenceUri === undefined ? [] : [row("reference", quote(referenceUri))]),
    ...(manifestComponentId === undefined ? [] : [row("kept as", describeComponent(manifestComponentId))]),
  ];
}

const idRow = (label: string, { id, provedName }: KnownIdentifier): PageLine =>
  row(label, provedName === undefined ? `${id} (its name is not known)` : `${id} = ${quote(provedName)}`);

function imageLines({ opened, images, payloads }: Inspection): readonly PageLine[] {
  const { components } = opened.manifest;
  const lines: PageLine[] = [...heading("IMAGES")];
  for (const [index, facts] of [...images].toSorted(([a], [b]) => a - b)) {
    const id = components[index];
    lines.push({ text: `  component ${index}${id === undefined ? " (dependency)" : `, ${describeComponent(id)}`}` });
    // What is set apart from one another (an address after the digest) is one image; a second digest is another.
    let digests = 0;
    for (const fact of facts) {
      if (fact.digest !== undefined && digests++ > 0) lines.push({ text: "    or, depending on the device" });
      lines.push(...factRows(fact).map(({ text, ...rest }) => ({ text: `  ${text}`, ...rest })));
    }
  }
  if (images.size === 0) lines.push({ text: "  none" });
  for (const payload of payloads) lines.push(...payloadLines(payload));
  return lines;
}

function factRows({ digest, size, uri, encrypted }: ImageFacts): readonly PageLine[] {
  return [
    ...(size === undefined ? [] : [row("size", describeSize(size))]),
    ...(digest === undefined ? [] : [row(digest.algorithm, bytesToHex(digest.bytes))]),
    ...(uri === undefined ? [] : [row("fetched from", quote(uri))]),
    ...(encrypted ? [row("encrypted", "yes: devices decrypt it with a key of their own")] : []),
  ];
}

function payloadLines({ uri, size, matches, isEnvelope }: CarriedPayload): readonly PageLine[] {
  const carried = `  inside the envelope: ${quote(uri)}, ${describeSize(size)}`;
  if (matches.length > 0) {
    return [{ text: `${carried}, has the signed digest of component ${matches.join(", ")}` }];
  }
  if (isEnvelope) return [{ text: `${carried}, an envelope with signatures of its own: see below` }];
  return [{ text: `${carried}, UNSIGNED: it has no digest that the manifest names`, colour: "red" }];
}

function actionLines({ sections }: Inspection): readonly PageLine[] {
  const lines: PageLine[] = [...heading("WHAT A DEVICE DOES")];
  for (const section of sections) {
    lines.push({ text: `  ${section.title}` });
    for (const text of renderLines(section.lines)) lines.push({ text: `    ${text}` });
  }
  if (sections.length === 0) lines.push({ text: "  nothing" });
  return lines;
}

function textPart({ text }: Inspection): readonly PageLine[] {
  if (text === undefined) return [];
  return [
    ...heading("TEXT OF THE AUTHOR: for display only, no device reads it"),
    ...renderLines(textLines(text)).map((line) => ({ text: `  ${line}` })),
  ];
}

function wholenessLines({ opened }: Inspection): readonly PageLine[] {
  const { envelope, manifest, computedDigest, digestMatches, members, foreignMember } = opened;
  const held = [
    ["dependency-resolution", manifest.dependencyResolution, members.dependencyResolution],
    ["payload-fetch", manifest.payloadFetch, members.payloadFetch],
    ["candidate-verification", manifest.candidateVerification, members.candidateVerification],
    ["install", manifest.install, members.install],
    ["text", manifest.text, members.text],
  ] as const;
  return [
    ...heading("WHOLENESS"),
    row("manifest", `${computedDigest.algorithm} ${bytesToHex(computedDigest.bytes)}`),
    digestMatches
      ? row("", "is what the signatures are about")
      : row("", `is NOT what the signatures are about: ${bytesToHex(envelope.digest.bytes)}`, "red"),
    ...held.flatMap(([name, member, value]) => {
      if (member?.at !== "envelope") return [];
      if (value !== undefined) return [row(name, "beside the manifest, and the one that it means")];
      if (!envelope.severed.has(name)) return [row(name, "left out of this file: not shown here", "yellow")];
      return [];
    }),
    ...(foreignMember === undefined
      ? []
      : [
          row(
            "beside it",
            `"${"member" in foreignMember ? foreignMember.member : foreignMember.code}" is NOT what the manifest means: not shown`,
            "red" as const,
          ),
        ]),
  ];
}
