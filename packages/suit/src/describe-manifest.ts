import { sequenceLines } from "./describe-commands.ts";
import { describeComponent, describeDependency } from "./describe-component.ts";
import { describeDigest } from "./describe-parameters.ts";
import { textLines } from "./describe-text.ts";
import { type DescribedLine, type DescribeOptions, indent, line, renderLines } from "./described-line.ts";
import type { CommandSequence, Manifest, ReceivedMember, Severable } from "./manifest.ts";
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

/** The same as lines with their bytes: every command, and every member of the manifest. */
export function manifestLines(manifest: Manifest, members: ResolvedMembers = {}): readonly DescribedLine[] {
  const member = (name: string): ReceivedMember | undefined => manifest.layout.find((one) => one.name === name);
  const fact = (name: string, text: string): DescribedLine => line(text, member(name));
  const section = (title: string, sequence: CommandSequence | undefined): readonly DescribedLine[] =>
    sequence === undefined ? [] : [line(title, sequence), ...indent(sequenceLines(sequence, manifest))];
  const severable = (
    name: string,
    title: string,
    held: Severable<CommandSequence> | undefined,
    resolved: CommandSequence | undefined,
  ): readonly DescribedLine[] => [...severed(name, held, resolved), ...section(title, inline(held) ?? resolved)];
  const severed = (name: string, held: Severable<unknown> | undefined, resolved: unknown): readonly DescribedLine[] => {
    if (held?.at !== "envelope") return [];
    const where = resolved === undefined ? "not at hand" : "beside the manifest";
    return [fact(name, `${name}: ${where}, ${describeDigest(held.digest)}`)];
  };
  const { components, dependencies = [], manifestComponentId, referenceUri, setVersion } = manifest;
  const text = inline(manifest.text) ?? members.text;
  return [
    fact("manifest-sequence-number", `sequence number: ${manifest.sequenceNumber}`),
    ...components.map((id, i) => fact("components", `component ${i}: ${describeComponent(id)}`)),
    ...dependencies.map((dependency) => fact("dependencies", describeDependency(dependency))),
    ...(manifestComponentId === undefined
      ? []
      : [fact("manifest-component-id", `to be kept as: ${describeComponent(manifestComponentId)}`)]),
    ...(setVersion === undefined ? [] : [fact("set-version", `version: ${formatVersion(setVersion)}`)]),
    ...(referenceUri === undefined ? [] : [fact("reference-uri", `reference uri: ${quote(referenceUri)}`)]),
    ...section("before every sequence below", manifest.shared),
    ...severable(
      "dependency-resolution",
      "to resolve dependencies",
      manifest.dependencyResolution,
      members.dependencyResolution,
    ),
    ...severable("payload-fetch", "to fetch payloads", manifest.payloadFetch, members.payloadFetch),
    ...severable(
      "candidate-verification",
      "to verify what was fetched",
      manifest.candidateVerification,
      members.candidateVerification,
    ),
    ...severable("install", "to install", manifest.install, members.install),
    ...section("to validate", manifest.validate),
    ...section("to load", manifest.load),
    ...section("to start", manifest.invoke),
    ...section("to uninstall", manifest.uninstall),
    ...severed("text", manifest.text, members.text),
    ...(text === undefined ? [] : [line("text", text), ...indent(textLines(text))]),
  ];
}

const inline = <T>(member: Severable<T> | undefined): T | undefined =>
  member?.at === "inline" ? member.value : undefined;
