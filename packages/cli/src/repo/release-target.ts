import { nodeCrypto } from "@sumac/crypto/node";
import { type FactsRefusal, type Manifest, type ManifestText, manifestFacts } from "@sumac/suit";
import type { Delegation, PlainJson } from "@sumac/tuf";
import { explain, readTrustUpdate, trustKey, verifyEnvelope } from "@sumac/verifier";
import { encryptionLimits } from "../encrypted-payload.ts";
import { exitCode } from "../exit-code.ts";
import { Failure, usage } from "../failure.ts";

/** A release as its line's role lists it. */
export interface ReleaseTarget {
  readonly custom: { readonly [member: string]: PlainJson };
  readonly sequence: bigint;
  /** Signed texts, for the path where nobody says another. */
  readonly model: string | undefined;
  readonly version: string | undefined;
  /** Hex ids of the line's keys that have signed the envelope. */
  readonly signers: readonly string[];
}

const identityWords: Readonly<Record<FactsRefusal["identity"], string>> = {
  vendorIdentifier: "vendor",
  classIdentifier: "class",
  deviceIdentifier: "device",
};

/**
 * Reads an envelope for the repository. The line's keys have to have signed it too, as many as its role needs: devices
 * ask both. A trust update is signed by root keys instead, of which the repository knows nothing. `custom` repeats what
 * every verifier compares with the envelope.
 */
export function releaseTarget(bytes: Uint8Array, line: string, delegation: Delegation): ReleaseTarget {
  const trustUpdate = readTrustUpdate(bytes, nodeCrypto);
  if (trustUpdate !== undefined) {
    return { ...targetFacts(trustUpdate, line), model: undefined, version: undefined, signers: [] };
  }
  const verdict = verifyEnvelope(bytes, {
    crypto: nodeCrypto,
    trust: { roles: [releaseRole(delegation)], legacyAlgorithms: [] },
    recipient: { vendorIds: "any", classIds: "any", deviceIds: "any", components: "any" },
    installed: { floor: 0n },
    now: BigInt(Math.floor(Date.now() / 1000)),
    absentMembers: "leave-out",
    limits: encryptionLimits,
  });
  if (!verdict.ok) {
    const { problem, remedy } = explain(verdict.error);
    const exit = verdict.error.code === "malformed" ? exitCode.malformed : exitCode.refused;
    throw new Failure({ code: verdict.error.code, problem, remedy, exit });
  }
  const { manifest, members, signers } = verdict.value;
  return {
    ...targetFacts(manifest, line),
    ...textFacts(members.text),
    signers: signers.map(({ keyId }) => keyId),
  };
}

function targetFacts(manifest: Manifest, line: string): Pick<ReleaseTarget, "custom" | "sequence"> {
  const facts = manifestFacts(manifest);
  if (!facts.ok) {
    throw new Failure({
      code: facts.error.code,
      problem: `the manifest does not say one ${identityWords[facts.error.identity]} that it is for`,
      remedy: "build a release for each, so that each can be listed",
      exit: exitCode.refused,
    });
  }
  const { vendorId, classId, deviceId, sequence, components, envelopeType } = facts.value;
  if (sequence > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw usage(
      "sequence-out-of-range",
      `sequence ${sequence} is too large for metadata`,
      "use numbers up to 2^53 - 1",
    );
  }
  return {
    custom: {
      class_id: classId,
      components: [...components],
      ...(deviceId === undefined ? {} : { device_id: deviceId }),
      envelope_type: envelopeType,
      line,
      sequence: Number(sequence),
      vendor_id: vendorId,
    },
    sequence,
  };
}

/** One key, one id: the keys of the line's role are those of its envelopes. */
function releaseRole({
  name,
  keys,
  threshold,
}: Delegation): Parameters<typeof verifyEnvelope>[1]["trust"]["roles"][number] {
  const usable = [...keys.values()].flatMap(({ usable: key }) =>
    key?.publicKey === undefined ? [] : [trustKey(key.publicKey, nodeCrypto)],
  );
  return { name, purpose: "release", threshold, keys: usable, components: "any" };
}

function textFacts(text: ManifestText | undefined): Pick<ReleaseTarget, "model" | "version"> {
  const components = (text?.languages ?? []).flatMap((language) => language.components);
  return {
    model: components.find(({ modelName }) => modelName !== undefined)?.modelName,
    version: components.find(({ version }) => version !== undefined)?.version,
  };
}

/** A model or version as a segment of a target path. */
export const segmentOf = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replaceAll(/^[^a-z0-9]+|-+$/g, "");
