import { algorithmById } from "@sumac/cose";
import {
  componentKey,
  type DescribedLine,
  type ManifestText,
  renderLines,
  type SuitDigest,
  suitDraft,
} from "@sumac/suit";
import { type Jsonable, jsonInteger } from "../json-output.ts";
import { elementsOf } from "./annotated-bytes.ts";
import type { ImageUse } from "./command-ways.ts";
import type { Inspection } from "./inspection.ts";
import type { MentionedImage } from "./mentioned-images.ts";

/** The same for a program. `bytes` adds what `--bytes` shows. */
export function inspectionJson(name: string, inspection: Inspection, bytes: "shown" | "hidden"): Jsonable {
  const {
    opened,
    sections,
    text,
    identity,
    runs,
    mentioned,
    setVersion,
    versions,
    useBefore,
    payloads,
    signatures,
    profile,
  } = inspection;
  const { envelope, manifest, computedDigest, digestMatches, extensions, foreignMember } = opened;
  const inside = Array.from(inspection.inside, ([uri, inner]) => inspectionJson(uri, inner, "hidden"));
  return {
    file: name,
    size: envelope.encoded.length,
    format: suitDraft,
    extensions: extensions.map(({ draft }) => draft),
    signaturesChecked: signatures !== undefined,
    verdict: verdictOf(inspection),
    profile,
    manifestDigest: { ...digestJson(computedDigest), claimed: envelope.digest.bytes, matches: digestMatches },
    signatures: signaturesJson(inspection),
    roles: signatures?.roles,
    sequence: jsonInteger(manifest.sequenceNumber),
    setVersion,
    versions,
    useBefore: useBefore.map(({ seconds, asked }) => ({ seconds: jsonInteger(seconds), asked })),
    identity,
    components: manifest.components.map((id, index) => ({ index, id: componentKey(id) })),
    dependencies: (manifest.dependencies ?? []).map(({ index }) => ({ index })),
    images: runs.uses.map(({ component, procedure, ways }) => ({
      component,
      procedure,
      ways: ways.map((uses) => uses.map((use) => useJson(use, envelope.integratedPayloads))),
    })),
    doubts: runs.doubts,
    mentionedImages: mentioned.map(imageJson),
    integratedPayloads: payloads,
    inside,
    severed: [...envelope.severed.keys()],
    foreignMember,
    sequences: sections.map(({ name: member, title, lines }) => ({ member, title, commands: renderLines(lines) })),
    texts: text === undefined ? [] : textJson(text),
    ...(bytes === "shown" ? { bytes: bytesJson(inspection) } : {}),
  };
}

const verdictOf = ({ opened, signatures }: Inspection): "refused" | "not-checked" | "signed" => {
  if (!opened.digestMatches || opened.foreignMember !== undefined) return "refused";
  if (signatures === undefined) return "not-checked";
  return signatures.rejection === undefined ? "signed" : "refused";
};

function signaturesJson({ opened, signatures }: Inspection): Jsonable {
  return opened.envelope.blocks.map((block, i) => {
    const verdict = signatures?.blocks[i];
    const judged =
      verdict === undefined
        ? { verdict: "not-checked" }
        : verdict.verdict === "valid"
          ? verdict
          : { verdict: "refused", code: verdict.rejection.code };
    if (block.kind === "unsupported") return { tag: block.tag, ...judged };
    const { algorithm, keyId } = block.sign1;
    return {
      keyId: keyId ?? null,
      algorithm: algorithm === undefined ? null : (algorithmById(algorithm)?.name ?? null),
      algorithmId: algorithm ?? null,
      ...judged,
    };
  });
}

const digestJson = ({ algorithm, bytes }: SuitDigest): Readonly<Record<string, Jsonable>> => ({
  algorithm,
  value: bytes,
});

const useJson = (use: ImageUse, carried: ReadonlyMap<string, Uint8Array>): Jsonable => ({
  does: use.does,
  uri: use.uri,
  isInside: use.uri === undefined ? undefined : carried.has(use.uri),
  contentSize: use.contentSize,
  source: use.source,
  encrypted: use.encrypted,
  compared: use.compared && imageJson(use.compared),
});

const imageJson = ({ digest, size, uri }: MentionedImage): Readonly<Record<string, Jsonable>> => ({
  digest: digest && digestJson(digest),
  size: size === undefined ? undefined : jsonInteger(size),
  uri,
});

/** Without the bytes they came from. */
const textJson = ({ languages }: ManifestText): Jsonable =>
  languages.map(({ components, ...rest }) => ({
    ...rest,
    components: components.map(({ component, ...texts }) => ({ component: componentKey(component), ...texts })),
  }));

function bytesJson({ opened, signedBytes }: Inspection): Jsonable {
  const { manifest } = opened.envelope;
  return {
    digestInput: {
      offset: manifest.contentOffset - (manifest.encoded.length - manifest.content.length),
      length: manifest.encoded.length,
    },
    toBeSigned: signedBytes.map((bytes) => bytes ?? null),
    elements: elementsOf(opened).map(elementJson),
  };
}

const elementJson = ({ text, level, received }: DescribedLine): Jsonable => ({
  text,
  level,
  offset: received?.offset,
  length: received?.encoded.length,
  bytes: received?.encoded,
});
