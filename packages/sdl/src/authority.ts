import { parsePublicKeyPem } from "@sumac/cose";
import type { PublicKey, SignatureScheme } from "@sumac/crypto";
import { preAuthentication } from "./dsse.ts";
import type { EvidenceRecord } from "./evidence-record.ts";
import { aboutFile, type GateFinding, type GateInput } from "./gate-context.ts";
import type { Key, Person } from "./model/people.ts";
import type { Policy } from "./model/policy.ts";
import { endOf, startOf } from "./span.ts";

/** Who signed a record, as far as it can be believed. */
export interface Authority {
  readonly signers: readonly Person[];
  /** The first reason not to believe it. */
  readonly fault?: GateFinding;
}

interface KnownKey {
  readonly key: Key;
  readonly publicKey: PublicKey;
}

const profiles: Readonly<Record<Policy["algorithms"], readonly SignatureScheme[]>> = {
  classic: ["ed25519", "ecdsa-p256-sha256", "ecdsa-p384-sha384"],
  cnsa2: ["ml-dsa-87"],
  hybrid: ["ed25519", "ecdsa-p256-sha256", "ecdsa-p384-sha384", "ml-dsa-65", "ml-dsa-87"],
};

/** Checks signatures with the keys and people of one product. A signature that does not verify spoils the record. */
export class SignatureDesk {
  readonly #input: GateInput;
  readonly #keys: ReadonlyMap<string, KnownKey>;
  readonly #holders: ReadonlyMap<string, Person>;

  constructor(input: GateInput) {
    this.#input = input;
    const { keys, roles } = input.model.single;
    this.#keys = new Map(
      (keys?.value.keys ?? []).flatMap((key) => {
        const parsed = parsePublicKeyPem(key.public);
        return parsed.ok ? [[key.kid, { key, publicKey: parsed.value }] as const] : [];
      }),
    );
    this.#holders = new Map(
      (roles?.value.people ?? []).flatMap((person) => person.keys.map((kid) => [kid, person] as const)),
    );
  }

  judge(record: EvidenceRecord): Authority {
    const { file, envelope, evidence } = record;
    const refuse = (rule: GateFinding["rule"], fact: string): Authority => ({
      signers: [],
      fault: aboutFile(rule, file, fact),
    });
    if (envelope.signatures.length === 0) return refuse("G6-unsigned", evidence.id);
    const signed = preAuthentication(envelope.payloadType, envelope.payload);
    const signers: Person[] = [];
    for (const { keyid, sig } of envelope.signatures) {
      const known = this.#keys.get(keyid);
      const short = keyid.slice(0, 12);
      if (known === undefined) return refuse("G6-unknown-key", short);
      if (!this.#input.crypto.verify(known.publicKey, signed, sig))
        return refuse("G6-signature", `${evidence.id} by ${short}`);
      const flaw = this.#keyFlaw(known, startOf(evidence.produced_at));
      if (flaw !== undefined) return refuse(flaw, short);
      const holder = this.#holders.get(keyid);
      if (holder === undefined) return refuse("G6-person", `nobody holds ${short}`);
      signers.push(holder);
    }
    const person = signers.find(({ id }) => id === evidence.person);
    if (person === undefined) return refuse("G6-person", `${evidence.person} did not sign`);
    if (!person.roles.includes(evidence.role)) return refuse("G6-role", `${person.id} is no ${evidence.role}`);
    // A build system is not trained.
    const untrained = signers.find(
      (signer) => !signer.roles.includes("build-system") && !trainedOn(signer, evidence.produced_at),
    );
    if (untrained !== undefined) return refuse("G6-training", untrained.id);
    return { signers };
  }

  #keyFlaw({ key, publicKey }: KnownKey, on: number): GateFinding["rule"] | undefined {
    const policy = this.#input.model.single.policy?.value;
    // Whoever has a stolen key writes any day into the record: a revoked key counts for none.
    if (key.revoked !== undefined) return "G6-key-revoked";
    if (on < startOf(key.valid_from) || on > endOf(key.valid_until)) return "G6-key-expired";
    if (key.storage === "test-only" && policy?.key_storage !== "test-only") return "G6-key-storage";
    if (policy !== undefined && !profiles[policy.algorithms].includes(publicKey.scheme)) return "G6-algorithm";
    return undefined;
  }
}

const trainedOn = (person: Person, day: string): boolean =>
  person.training.some(({ done, expires }) => startOf(done) <= startOf(day) && startOf(day) <= endOf(expires));
