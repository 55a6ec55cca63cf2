import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, type Crypto } from "@sumac/crypto";
import { type CommandSequence, componentKey, everyCommand, type Parameters } from "@sumac/suit";
import {
  addressedComponents,
  type TrustRecord,
  trustPartOf,
  type VerifiedUpdate,
  verifyEnvelope,
} from "@sumac/verifier";
import type { CheckEnvelope, CheckedEnvelope, EnvelopeRefusal } from "./check-envelope.ts";

export interface VerifierCheck {
  readonly crypto: Crypto;
  /** Who may release what. Approval roles, if any, are demanded as well. */
  readonly trust: TrustRecord;
  /** Who may publish trust updates: root roles, as `rootTrust` gives them. Absent: nobody. */
  readonly roots?: TrustRecord;
  /** Milliseconds since 1970; an envelope that has expired by this clock is not published. Default: the system's. */
  readonly clock?: () => number;
}

/**
 * Publishing believes what a device would: the same verifier, standing for no device in particular. Further codes:
 * `identity-ambiguous` (for more than one vendor or class) and `identity-not-uuid`, which no offer could be matched by,
 * and `trust-root-missing`: a trust update, and nobody was named whose trust updates are served.
 */
export function checkWithVerifier({ crypto, trust, roots, clock = Date.now }: VerifierCheck): CheckEnvelope {
  const records = roots === undefined ? [trust] : [trust, roots];
  return (envelope) => {
    const addressed = addressedComponents(envelope, { crypto, records });
    const isTrustUpdate = addressed?.ok === true && addressed.value.some((id) => trustPartOf(id) !== undefined);
    if (isTrustUpdate && roots === undefined) return err({ code: "trust-root-missing" });
    const verified = verifyEnvelope(envelope, {
      crypto,
      trust: isTrustUpdate && roots !== undefined ? roots : trust,
      recipient: { vendorIds: "any", classIds: "any", deviceIds: "any", components: "any" },
      installed: { floor: 0n },
      now: BigInt(Math.floor(clock() / 1000)),
    });
    return verified.ok ? factsOf(verified.value) : verified;
  };
}

function factsOf(update: VerifiedUpdate): Result<CheckedEnvelope, EnvelopeRefusal> {
  const { manifest, manifestDigest, members, plan } = update;
  const vendorId = identityOf(manifest.shared, "vendorIdentifier");
  if (!vendorId.ok) return vendorId;
  const classId = identityOf(manifest.shared, "classIdentifier");
  if (!classId.ok) return classId;
  const texts = members.text?.languages.flatMap(({ components }) => components) ?? [];
  const name = texts.find(({ modelName }) => modelName !== undefined)?.modelName;
  const version = texts.find((text) => text.version !== undefined)?.version;
  return ok({
    vendorId: vendorId.value,
    classId: classId.value,
    components: manifest.components.map(componentKey),
    sequence: manifest.sequenceNumber,
    manifestDigest,
    payloads: plan.update.flatMap((step) =>
      step.do === "fetch" && step.source === "remote"
        ? [
            {
              uri: step.uri,
              digest: step.expected.digest,
              ...(step.expected.size === undefined ? {} : { size: step.expected.size }),
            },
          ]
        : [],
    ),
    ...(name === undefined ? {} : { name: shortText(name) }),
    ...(version === undefined ? {} : { version: shortText(version) }),
  });
}

type IdentityName = "vendorIdentifier" | "classIdentifier";

/** The one identifier that the shared sequence sets: an offer goes to devices of exactly this vendor and class. */
function identityOf(
  shared: CommandSequence | undefined,
  name: IdentityName,
): Result<Uint8Array, EnvelopeRefusal & { readonly identity: IdentityName }> {
  const found = new Map<string, Uint8Array>();
  for (const parameters of overrides(shared)) {
    const id = parameters[name];
    if (id !== undefined) found.set(bytesToHex(id), id);
  }
  const [id] = found.values();
  if (id === undefined || found.size > 1) return err({ code: "identity-ambiguous", identity: name });
  return id.length === 16 ? ok(id) : err({ code: "identity-not-uuid", identity: name });
}

function* overrides(sequence: CommandSequence | undefined): Iterable<Parameters> {
  for (const command of everyCommand(sequence)) if (command.kind === "override-parameters") yield command.parameters;
}

/** Signed, but still somebody's text: bounded, and without what would garble a list. */
const shortText = (text: string): string => text.replace(/\p{C}/gu, " ").trim().slice(0, 64);
