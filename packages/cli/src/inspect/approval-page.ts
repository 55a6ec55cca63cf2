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
  severableMembers,
  suitDraft,
  textLines,
} from "@sumac/suit";
import type { KnownIdentifier } from "./identity-words.ts";
import { imageLines } from "./image-page.ts";
import type { Inspection, UseBefore } from "./inspection.ts";
import { blockWords } from "./judge-signatures.ts";
import { heading, indented, type PageLine, row } from "./page-line.ts";
import type { Asking, WhatRuns } from "./what-runs.ts";

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
      ...indented(body(inner)),
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

function purposeLines({ opened, identity, runs, setVersion, versions, useBefore }: Inspection): readonly PageLine[] {
  const { sequenceNumber, components, dependencies = [], referenceUri, manifestComponentId } = opened.manifest;
  return [
    ...heading("FOR WHAT"),
    ...identityRows("vendor", identity.vendors),
    ...identityRows("class", identity.classes),
    ...identity.devices.map(deviceRow),
    ...components.map((id, i) => row(`component ${i}`, describeComponent(id))),
    ...dependencies.map(({ index }) => row(`dependency ${index}`, "another manifest, which has signatures of its own")),
    row("sequence", `${sequenceNumber} (the number that devices compare)`),
    ...(setVersion === undefined
      ? []
      : [row("set version", `${setVersion} (signed: the version that is then installed)`)]),
    ...(versions.length === 0
      ? [row("version", "none given")]
      : versions.map((version) => row("version", `${version} (for people: devices do not compare it)`))),
    ...useBeforeRows(useBefore, runs),
    ...(referenceUri === undefined ? [] : [row("reference", quote(referenceUri))]),
    ...(manifestComponentId === undefined ? [] : [row("kept as", describeComponent(manifestComponentId))]),
  ];
}

const identityRows = (label: string, ids: readonly KnownIdentifier[]): readonly PageLine[] => [
  ...(ids.some(({ asked }) => asked !== "never")
    ? []
    : [row(label, "no command asks for one: devices refuse it", "red")]),
  ...ids.map((one) => idRow(label, one)),
];

const idRow = (label: string, { id, provedName, asked }: KnownIdentifier): PageLine => {
  const name = provedName === undefined ? " (its name is not known)" : ` = ${quote(provedName)}`;
  return row(label, `${id}${name}${askedWords[asked]}`, asked === "on-every-way" ? undefined : "yellow");
};

const deviceRow = ({ id, asked }: KnownIdentifier): PageLine =>
  asked === "on-every-way" ? row("this device only", id) : row("device", `${id}${askedWords[asked]}`, "yellow");

const askedWords: Readonly<Record<Asking, string>> = {
  "on-every-way": "",
  "on-some-ways": ": asked for on some ways through the commands, not on all",
  never: ": is set, but no command asks for it",
  unknown: ": is set; whether it is asked for could not be followed",
};

/** What a parameter says binds nobody: only the condition does. */
function useBeforeRows(useBefore: readonly UseBefore[], { limited, certainty }: WhatRuns): readonly PageLine[] {
  const rows = useBefore.map(({ seconds, asked }) =>
    row("use before", describeTime(seconds) + askedWords[asked], asked === "on-every-way" ? undefined : "yellow"),
  );
  if (certainty === "not-followed" && rows.length > 0) return rows;
  if (limited === "never") return [row("use before", "no limit"), ...rows];
  return limited === "on-some-ways" ? [...rows, row("", "no limit on the other ways", "yellow")] : rows;
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
  return [
    ...heading("WHOLENESS"),
    row("manifest", `${computedDigest.algorithm} ${bytesToHex(computedDigest.bytes)}`),
    digestMatches
      ? row("", "is what the signatures are about")
      : row("", `is NOT what the signatures are about: ${bytesToHex(envelope.digest.bytes)}`, "red"),
    ...severableMembers.flatMap(([name, key]) => {
      if (manifest[key]?.at !== "envelope") return [];
      if (members[key] !== undefined) return [row(name, "beside the manifest, and the one that it means")];
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
