import { describeSequence, indent } from "./describe-commands.ts";
import { describeComponent } from "./describe-component.ts";
import { describeDigest } from "./describe-parameters.ts";
import { describeText } from "./describe-text.ts";
import type { CommandSequence, Manifest, Severable } from "./manifest.ts";
import { quote } from "./quote.ts";
import type { ResolvedMembers } from "./resolve-severable.ts";

/**
 * What a manifest says, in plain words, one line a fact; indentation is two spaces a level. `members` are the severed
 * ones as `resolveSeverable` gives them; without them only their digests are told. Text from the manifest is quoted, escaped and bounded.
 */
export function describeManifest(manifest: Manifest, members: ResolvedMembers = {}): readonly string[] {
  const { components } = manifest;
  const section = (title: string, sequence: CommandSequence | undefined): readonly string[] =>
    sequence === undefined ? [] : [title, ...indent(describeSequence(sequence, components))];
  const text = inline(manifest.text) ?? members.text;
  return [
    `sequence number: ${manifest.sequenceNumber}`,
    ...components.map((id, i) => `component ${i}: ${describeComponent(id)}`),
    ...(manifest.referenceUri === undefined ? [] : [`reference uri: ${quote(manifest.referenceUri)}`]),
    ...section("before every sequence below", manifest.shared),
    ...severed("payload-fetch", manifest.payloadFetch, members.payloadFetch),
    ...section("to fetch payloads", inline(manifest.payloadFetch) ?? members.payloadFetch),
    ...severed("install", manifest.install, members.install),
    ...section("to install", inline(manifest.install) ?? members.install),
    ...section("to validate", manifest.validate),
    ...section("to load", manifest.load),
    ...section("to start", manifest.invoke),
    ...severed("text", manifest.text, members.text),
    ...(text === undefined ? [] : ["text", ...indent(describeText(text))]),
  ];
}

const inline = <T>(member: Severable<T> | undefined): T | undefined =>
  member?.at === "inline" ? member.value : undefined;

function severed(name: string, member: Severable<unknown> | undefined, resolved: unknown): readonly string[] {
  if (member?.at !== "envelope") return [];
  const where = resolved === undefined ? "not at hand" : "beside the manifest";
  return [`${name}: ${where}, ${describeDigest(member.digest)}`];
}
