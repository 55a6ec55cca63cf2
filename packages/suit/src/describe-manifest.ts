import { describeComponent, describeDependency } from "./describe-component.ts";
import { describeDigest } from "./describe-parameters.ts";
import { describeSections } from "./describe-sections.ts";
import { textLines } from "./describe-text.ts";
import { type DescribedLine, type DescribeOptions, indent, line, renderLines } from "./described-line.ts";
import type { Manifest, ReceivedMember, Severable } from "./manifest.ts";
import { quote } from "./quote.ts";
import type { ResolvedMembers } from "./resolve-severable.ts";
import { formatVersion } from "./update-management-14/version.ts";

/**
 * What a manifest says, in plain words, one line a fact; indentation is two spaces a level. `members` are the severed
 * ones as `resolveSeverable` gives them; without them only their digests are told. Text from the manifest is quoted, escaped and bounded.
 */
export const describeManifest = (
  manifest: Manifest,
  members: ResolvedMembers = {},
  options?: DescribeOptions,
): readonly string[] => renderLines(manifestLines(manifest, members), options);

/** The same as lines with their bytes: every member of the manifest, command, parameter and text. */
export function manifestLines(manifest: Manifest, members: ResolvedMembers = {}): readonly DescribedLine[] {
  const text = manifest.text?.at === "inline" ? manifest.text.value : members.text;
  return [
    ...factLines(manifest),
    ...severedLines(manifest, members),
    ...describeSections(manifest, members).flatMap(({ title, sequence, lines }) => [
      line(title, sequence),
      ...indent(lines),
    ]),
    ...(text === undefined ? [] : [line("text, for display only", text), ...indent(textLines(text))]),
  ];
}

function factLines(manifest: Manifest): readonly DescribedLine[] {
  const member = (name: string): ReceivedMember | undefined => manifest.layout.find((one) => one.name === name);
  const fact = (name: string, text: string): DescribedLine => line(text, member(name));
  const { components, dependencies = [], manifestComponentId, referenceUri, setVersion } = manifest;
  return [
    fact("manifest-version", "manifest version: 1"),
    fact("manifest-sequence-number", `sequence number: ${manifest.sequenceNumber}`),
    ...components.map((id, i) => fact("components", `component ${i}: ${describeComponent(id)}`)),
    ...dependencies.map((dependency) => fact("dependencies", describeDependency(dependency))),
    ...(manifestComponentId === undefined
      ? []
      : [fact("manifest-component-id", `to be kept as: ${describeComponent(manifestComponentId)}`)]),
    ...(setVersion === undefined ? [] : [fact("set-version", `version: ${formatVersion(setVersion)}`)]),
    ...(referenceUri === undefined ? [] : [fact("reference-uri", `reference uri: ${quote(referenceUri)}`)]),
  ];
}

/** What the manifest holds only the digest of. */
function severedLines(manifest: Manifest, members: ResolvedMembers): readonly DescribedLine[] {
  const held: readonly (readonly [string, Severable<unknown> | undefined, unknown])[] = [
    ["dependency-resolution", manifest.dependencyResolution, members.dependencyResolution],
    ["payload-fetch", manifest.payloadFetch, members.payloadFetch],
    ["candidate-verification", manifest.candidateVerification, members.candidateVerification],
    ["install", manifest.install, members.install],
    ["text", manifest.text, members.text],
  ];
  return held.flatMap(([name, member, resolved]) => {
    if (member?.at !== "envelope") return [];
    const where = resolved === undefined ? "not at hand" : "beside the manifest";
    const received = manifest.layout.find((one) => one.name === name);
    return [line(`${name}: ${where}, ${describeDigest(member.digest)}`, received)];
  });
}
