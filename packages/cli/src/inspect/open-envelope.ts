import { nodeCrypto } from "@sumac/crypto/node";
import { explain } from "@sumac/signing";
import {
  defaultLimits,
  dependencyLimits,
  digestEquals,
  type Envelope,
  type Extension,
  everyExtension,
  type Limits,
  type Manifest,
  manifestDigest,
  parseEnvelope,
  parseIntegratedEnvelope,
  parseManifest,
  type ResolvedMembers,
  resolveSeverable,
  type SeveredRefusal,
  type SuitDigest,
  type SuitRefusal,
} from "@sumac/suit";
import { exitCode } from "../exit-code.ts";
import { Failure } from "../failure.ts";
import { otherLayoutFailure } from "./other-layout.ts";

/** An envelope taken apart for a person: everything is read that can be, and nothing is believed. */
export interface OpenedEnvelope {
  readonly envelope: Envelope;
  readonly manifest: Manifest;
  /** Those that match their digests; none if one does not. */
  readonly members: ResolvedMembers;
  /** Why the members beside the manifest are not those that it means. */
  readonly foreignMember: SuitRefusal | SeveredRefusal | undefined;
  /** What the wrapper's digest should be. */
  readonly computedDigest: SuitDigest;
  readonly digestMatches: boolean;
  /** Without these it cannot be read. */
  readonly extensions: readonly Extension[];
  /** Envelopes that it carries, by their URI. */
  readonly dependencies: ReadonlyMap<string, OpenedEnvelope>;
}

/** Everything this build understands: to show is not to accept. */
const generous: Limits = { ...defaultLimits, extensions: everyExtension };

/** Takes apart what is in the file `name`; what is no envelope of this draft fails with what it is instead, if that is known. */
export function openEnvelope(bytes: Uint8Array, name: string): OpenedEnvelope {
  const envelope = parseEnvelope(bytes, generous);
  if (!envelope.ok) throw otherLayoutFailure(bytes, name) ?? refusal(envelope.error);
  const opened = openParts(envelope.value, generous);
  if ("code" in opened) throw otherLayoutFailure(bytes, name) ?? refusal(opened);
  return opened;
}

function refusal(error: SuitRefusal): Failure {
  const exit = error.code === "malformed" ? exitCode.malformed : exitCode.refused;
  return new Failure({ code: error.code, ...explain(error), exit });
}

function openParts(envelope: Envelope, limits: Limits): OpenedEnvelope | SuitRefusal {
  const manifest = parseManifest(envelope.manifest, limits);
  if (!manifest.ok) return manifest.error;
  const members = resolveSeverable(envelope, manifest.value, nodeCrypto, limits);
  const computedDigest = manifestDigest(envelope.manifest, envelope.digest.algorithm, nodeCrypto);
  return {
    envelope,
    manifest: manifest.value,
    members: members.ok ? members.value : {},
    foreignMember: members.ok ? undefined : members.error,
    computedDigest,
    digestMatches: digestEquals(computedDigest, envelope.digest),
    extensions: limits.extensions.filter((extension) => !reads(envelope, without(extension, limits))),
    dependencies: limits === generous ? openDependencies(envelope) : new Map(),
  };
}

const without = (extension: Extension, limits: Limits): Limits => ({
  ...limits,
  extensions: limits.extensions.filter((one) => one !== extension),
});

/** Whether manifest and members can be read under these limits. A member that is not the manifest's does not count. */
function reads(envelope: Envelope, limits: Limits): boolean {
  const manifest = parseManifest(envelope.manifest, limits);
  if (!manifest.ok) return false;
  const members = resolveSeverable(envelope, manifest.value, nodeCrypto, limits);
  return members.ok || members.error.code !== "unsupported";
}

/** One level: what a dependency carries in turn is told as a payload of it. */
function openDependencies(envelope: Envelope): ReadonlyMap<string, OpenedEnvelope> {
  const found = new Map<string, OpenedEnvelope>();
  for (const uri of envelope.integratedPayloads.keys()) {
    const inner = parseIntegratedEnvelope(envelope, uri, generous);
    if (inner?.ok !== true) continue;
    const opened = openParts(inner.value, dependencyLimits(generous));
    if (!("code" in opened)) found.set(uri, opened);
  }
  return found;
}
