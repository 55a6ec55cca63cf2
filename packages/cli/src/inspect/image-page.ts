import { bytesToHex } from "@sumac/crypto";
import { describeIndex, describeSize, quote } from "@sumac/suit";
import type { ComparedImage, ImageUse } from "./command-ways.ts";
import type { CarriedPayload, Inspection } from "./inspection.ts";
import type { MentionedImage } from "./mentioned-images.ts";
import { heading, indented, type PageLine, row } from "./page-line.ts";
import type { ComponentUses, Doubt, Procedure } from "./what-runs.ts";

const procedureWords: Readonly<Record<Procedure, string>> = {
  install: "to install",
  start: "at each start",
  uninstall: "to uninstall",
};

/** What a device does with which image, component by component. */
export function imageLines({ opened, runs, mentioned, payloads }: Inspection): readonly PageLine[] {
  const { uses, doubts, certainty } = runs;
  const { envelope, manifest } = opened;
  const lines: PageLine[] = [...heading("IMAGES")];
  for (const doubt of doubts) lines.push({ text: `  ${doubtWords(doubt)}`, colour: "yellow" });
  const components = [...new Set(uses.map(({ component }) => component))].toSorted((a, b) => a - b);
  const isInside = (uri: string): boolean => envelope.integratedPayloads.has(uri);
  for (const component of components) {
    lines.push({ text: `  ${describeIndex(component, manifest)}` });
    for (const one of uses.filter((use) => use.component === component)) lines.push(...usesLines(one, isInside));
  }
  if (certainty === "followed" && components.length === 0) lines.push({ text: "  none" });
  for (const image of mentioned) lines.push({ text: "    set by a command" }, ...indented(mentionedRows(image)));
  for (const payload of payloads) lines.push(payloadLine(payload, certainty));
  return lines;
}

function doubtWords(doubt: Doubt): string {
  switch (doubt.because) {
    case "left-out":
      return `${doubt.member} is left out of this file: what it does with images is NOT shown`;
    case "too-many-ways":
      return "NOT FOLLOWED, the commands can take too many ways: below is what they set, used or not";
    case "always-stops":
      return `NOT FOLLOWED, every device stops ${procedureWords[doubt.procedure]}: below is what the commands set, used or not`;
    case "runs-dependency":
      return "the manifests it depends on may do more with these components: see what they say themselves";
    case "runs-inside":
      return "the manifest around this one is run before, and what it sets may count here instead";
  }
}

function usesLines({ procedure, ways }: ComponentUses, isInside: (uri: string) => boolean): readonly PageLine[] {
  const [first] = ways;
  const title =
    first !== undefined && ways.length > 1 ? `${procedureWords[procedure]}, one of these` : procedureWords[procedure];
  const lines: PageLine[] = [
    procedure === "install" ? { text: `    ${title}` } : { text: `    ${title}`, colour: "yellow" },
  ];
  for (const [i, uses] of ways.entries()) {
    if (i > 0) lines.push({ text: "    or, depending on the device" });
    if (uses.length === 0) lines.push(...indented([row("", "nothing: it stays as it is")]));
    for (const [j, use] of uses.entries()) {
      if (j > 0) lines.push({ text: "    then" });
      lines.push(...indented([...comparedRows(use.compared, procedure), ...originRows(use, isInside)]));
    }
  }
  return lines;
}

function comparedRows(compared: ComparedImage | undefined, procedure: Procedure): readonly PageLine[] {
  // What a verifier plans beforehand ends with the start.
  const refused = procedure === "uninstall" ? "" : ": devices refuse it";
  if (compared === undefined) return [row("digest", `NOT COMPARED with any${refused}`, "red")];
  return mentionedRows(compared);
}

const mentionedRows = ({ digest, size, uri }: MentionedImage): readonly PageLine[] => [
  ...(size === undefined ? [] : [row("size", describeSize(size))]),
  ...(digest === undefined ? [] : [row(digest.algorithm, bytesToHex(digest.bytes))]),
  ...(uri === undefined ? [] : [row("uri", quote(uri))]),
];

function originRows(use: ImageUse, isInside: (uri: string) => boolean): readonly PageLine[] {
  const { does, uri = "", contentSize = 0, source, encrypted } = use;
  const decrypted = encrypted ? [row("encrypted", "yes: devices decrypt it with a key of their own")] : [];
  switch (does) {
    case "fetch":
      return [row("fetched from", `${quote(uri)}${isInside(uri) ? ", inside the envelope" : ""}`)];
    case "write":
      return [row("written", `${describeSize(BigInt(contentSize))} that stand in the manifest`), ...decrypted];
    case "copy":
      return [row("copied from", `component ${source}`), ...decrypted];
    case "swap":
      return [row("swapped with", `component ${source}`)];
    case "present":
      return [row("", "must be there already: nothing here puts it there")];
  }
}

function payloadLine({ uri, size, matches, isEnvelope }: CarriedPayload, certainty: string): PageLine {
  const carried = `  inside the envelope: ${quote(uri)}, ${describeSize(size)}`;
  if (matches.length > 0) return { text: `${carried}, has the signed digest of component ${matches.join(", ")}` };
  if (isEnvelope) return { text: `${carried}, an envelope with signatures of its own: see below` };
  const why =
    certainty === "followed" ? "nothing fetches it and compares it with its digest" : "what uses it is not known";
  return { text: `${carried}, UNSIGNED: ${why}`, colour: "red" };
}
