/** What a rule means and what to do about it. `{}` stands for the fact of the finding. */
export interface Rule {
  readonly problem: string;
  readonly remedy: string;
}

const table = {
  // Files and their form.
  "sdl/missing-file": { problem: "the file is not there", remedy: "make it: sumac sdl init writes a first one" },
  "sdl/unreadable": {
    problem: "the file cannot be read",
    remedy: "check its permissions; what cannot be read never passes",
  },
  "sdl/too-large": {
    problem: "the file is larger than any such file needs to be",
    remedy: "keep large results elsewhere and name them by digest",
  },
  "sdl/not-utf-8": { problem: "the file is not UTF-8 text", remedy: "save it as UTF-8" },
  "sdl/yaml": { problem: "the YAML does not parse", remedy: "correct the line; editors show it with the schema hint" },
  "sdl/yaml-not-plain": {
    problem: "aliases, tags, directives and second documents are not taken",
    remedy: "write the value out",
  },
  "sdl/too-deep": { problem: "the file is nested deeper than any such file", remedy: "write it flat" },
  "sdl/duplicate-key": { problem: "a member is there twice", remedy: "keep one of them" },
  "sdl/unknown-file": { problem: "no such file belongs into .sdl", remedy: "move it away, or correct its name" },
  "sdl/member-missing": { problem: "a member is missing", remedy: "add it; the schema says what it is" },
  "sdl/member-unknown": { problem: "there is no such member", remedy: "correct its name, or take it out" },
  "sdl/member-type": { problem: "the value is of another kind", remedy: "give what the schema says" },
  "sdl/member-value": { problem: "the value is not one of those allowed", remedy: "give what the schema says" },
  "sdl/id-mismatch": { problem: "id and file name differ", remedy: "name the file after its id" },
  "sdl/duplicate-id": { problem: "the id is used twice", remedy: "give each its own id" },
  "sdl/date-order": { problem: "the dates are in an impossible order", remedy: "correct them" },
  // References.
  "sdl/unknown-row": {
    problem: "the catalogue has no such row",
    remedy: "see sumac sdl status for the rows of this edition",
  },
  "sdl/unknown-person": { problem: "roles.yaml has no such person", remedy: "add the person, or correct the id" },
  "sdl/unknown-key": { problem: "keys.yaml has no such key", remedy: "add the public key, or correct the id" },
  "sdl/unknown-threat": { problem: "there is no such threat", remedy: "add it below threats, or correct the id" },
  "sdl/unknown-asset": { problem: "context.yaml has no such asset", remedy: "add it, or correct the id" },
  "sdl/unknown-boundary": { problem: "context.yaml has no such trust boundary", remedy: "add it, or correct the id" },
  "sdl/unknown-measure": { problem: "context.yaml has no such site measure", remedy: "add it, or correct the id" },
  "sdl/unknown-guide": { problem: "product.yaml has no such guide", remedy: "add it, or correct the id" },
  "sdl/unknown-issue": { problem: "there is no such issue", remedy: "add it below issues, or correct the id" },
  "sdl/unknown-requirement": {
    problem: "there is no such requirement",
    remedy: "add it below requirements, or correct the id",
  },
  "sdl/unknown-update": { problem: "there is no such update", remedy: "make it: sumac sdl update new" },
  "sdl/unknown-waiver": { problem: "there is no such waiver", remedy: "add it below waivers, or correct the id" },
  "sdl/unknown-version": {
    problem: "no branch of product.yaml has this version",
    remedy: "add it to its branch, or correct it",
  },
  "sdl/unknown-hardware": { problem: "product.yaml has no such hardware revision", remedy: "add it, or correct it" },
  "sdl/unknown-configuration": { problem: "product.yaml has no such configuration", remedy: "add it, or correct it" },
  "sdl/unknown-zone": { problem: "there is no such zone", remedy: "add it, or correct the id" },
  // Content.
  "sdl/unknown-edition": { problem: "the catalogue is another edition", remedy: "name the edition of catalog.lock" },
  "sdl/catalog-digest": {
    problem: "the catalogue is not the one that was locked",
    remedy: "look at what changed, then lock it again: sumac sdl catalog confirm",
  },
  "sdl/catalog-form": {
    problem: "the catalogue of the product cannot be taken",
    remedy: "import it again: sumac sdl catalog import",
  },
  "sdl/catalog-conflict": {
    problem: "the vendor confirmed another level than the catalogue has",
    remedy: "check the licensed text, then replace the catalogue or the confirmation",
  },
  "sdl/kid-mismatch": { problem: "the key id is not that of the public key", remedy: "copy both from sumac keys show" },
  "sdl/key-unusable": {
    problem: "the public key cannot be used",
    remedy: "give an Ed25519, P-256, P-384 or ML-DSA key as PEM",
  },
  "sdl/soa-reason": {
    problem: "a row that does not apply needs a reason and an approver",
    remedy: "add reason and approver; by-integration also a measure",
  },
  "sdl/soa-forbidden": { problem: "a practice cannot be left out", remedy: "say yes; all 47 rows of 62443-4-1 apply" },
  "sdl/waiver-too-long": {
    problem: "the waiver runs longer than allowed",
    remedy: "shorten it to 180 days or the limit of policy.yaml",
  },
  "sdl/waiver-covers": {
    problem: "the waiver covers nothing known",
    remedy: "name a row, issue:ID or cell:VERSION/HARDWARE/CONFIGURATION",
  },
  "sdl/policy-too-loose": {
    problem: "the policy is looser than its limit",
    remedy: "tighten it; the limits are in docs/spec/sdl-rules.md",
  },
  "sdl/cvss": {
    problem: "the CVSS 4.0 vector cannot be read",
    remedy: "give a full vector that begins with CVSS:4.0/",
  },
  "sdl/cvss-class": { problem: "severity is below that of the CVSS vector", remedy: "raise it, or correct the vector" },
  "sdl/justification": { problem: "not affected needs a justification", remedy: "add justification and rationale" },
  "sdl/issue-state": {
    problem: "the state needs dates or decisions that are missing",
    remedy: "add them; sumac sdl issue triage asks for them",
  },
  "sdl/placeholder": { problem: "a text is still to be written", remedy: "write it" },
  "sdl/claim-wording": {
    problem: "a text claims more than an evidence-based SL-C",
    remedy: "take it out; sumac sdl claims prints what may be said",
  },
  // Signed records.
  "sdl/envelope": {
    problem: "this is no DSSE envelope with an in-toto payload",
    remedy: "write it with sumac sdl attest or collect",
  },
  "sdl/not-canonical": {
    problem: "the payload is not canonical JSON",
    remedy: "write it with sumac sdl attest or collect",
  },
  "sdl/statement": {
    problem: "the payload is no statement of this predicate",
    remedy: "write it with sumac sdl attest or collect",
  },
  // G1 identity.
  "G1-no-release": {
    problem: "it is not clear which release is to be judged",
    remedy: "keep one candidate below releases, or name it with --release",
  },
  "G1-dirty": {
    problem: "the source tree has changes that are not committed",
    remedy: "commit or remove them, then build again",
  },
  "G1-commit": {
    problem: "the source is not the commit of the release",
    remedy: "check out the commit, or correct the release",
  },
  "G1-tag": { problem: "the tag of the release does not name its commit", remedy: "tag the commit" },
  "G1-git-unknown": {
    problem: "the state of the source tree is not known",
    remedy: "run in the git work tree, or set source: provenance in policy.yaml",
  },
  "G1-provenance-missing": {
    problem: "no build record names these images",
    remedy: "sign the build: sumac sdl attest --kind provenance",
  },
  "G1-provenance-subject": {
    problem: "the build record is of another commit, tree or tag",
    remedy: "build from the tagged commit and sign again",
  },
  "G1-image": {
    problem: "the image in the folder is not the one of the release",
    remedy: "build again, or correct the digest and size",
  },
  // G2 completeness.
  "G2-undecided": {
    problem: "soa.yaml does not say whether the row applies",
    remedy: "add the row with yes, no or by-integration",
  },
  "G2-unconfirmed": {
    problem: "the level of a row that counts is doubtful",
    remedy: "check it in the licensed text: sumac sdl catalog confirm",
  },
  // G3 presence.
  "G3-missing": {
    problem: "no record for this row",
    remedy: "sumac sdl collect or attest; docs/spec/sdl-rules.md lists what counts",
  },
  "G3-kind": {
    problem: "the record is not of a kind that counts for this row",
    remedy: "add one of the kinds the row takes",
  },
  "G3-documented-only": {
    problem: "the practice is written down, but no record shows that it is done",
    remedy: "add a run record: review, test, scan or drill",
  },
  "G3-failed": { problem: "the newest record says failed", remedy: "correct the cause and run it again" },
  "G3-document": {
    problem: "no record is bound to the file this row is about",
    remedy: "review that file and sign with it as subject",
  },
  "G3-tests": {
    problem: "a test that is named did not pass on these images",
    remedy: "run it on this image and collect the result",
  },
  // G4 freshness.
  "G4-stale": {
    problem: "the record is older than the row allows",
    remedy: "do it again; sumac sdl drift tells ahead of time",
  },
  "G4-expired": { problem: "the record is past its own valid_until", remedy: "do it again" },
  "G4-future": {
    problem: "the record is from the future",
    remedy: "check the clock of whoever signed it, and sign again",
  },
  "G4-scan-database": {
    problem: "the scan does not say of which day its database was, or it was too old",
    remedy: "update the database and scan again",
  },
  "G4-threat-review": {
    problem: "the threat was not reviewed since the last change",
    remedy: "review it and write the day into reviewed",
  },
  // G5 binding.
  "G5-digest": { problem: "the record is of other images", remedy: "run it on the images of this release" },
  "G5-document": { problem: "the document is not the one that was signed", remedy: "review the new text and sign it" },
  "G5-tree": { problem: "the record is of another source tree", remedy: "run it on the tree of this release" },
  // G6 authority.
  "G6-unsigned": { problem: "the record has no signature", remedy: "sign it with a key of keys.yaml" },
  "G6-signature": {
    problem: "a signature does not verify: the record was altered or forged",
    remedy: "find out who changed it; take it out",
  },
  "G6-unknown-key": {
    problem: "it is signed by a key that keys.yaml does not have",
    remedy: "sign with a known key, or add the key and have keys.yaml reviewed",
  },
  "G6-person": { problem: "the signer is not the person the record names", remedy: "let the person sign" },
  "G6-role": {
    problem: "the signer does not have a role that counts for this row",
    remedy: "let somebody with the role sign; docs/spec/sdl-rules.md lists them",
  },
  "G6-key-expired": { problem: "the key was not valid on that day", remedy: "sign again with a valid key" },
  "G6-key-revoked": { problem: "the key is revoked", remedy: "sign again with another key" },
  "G6-key-storage": {
    problem: "a key marked test-only cannot release a product",
    remedy: "use a key on a token or in an encrypted file",
  },
  "G6-algorithm": {
    problem: "the key's algorithm is outside the profile of policy.yaml",
    remedy: "sign with a key of the profile",
  },
  "G6-independence": { problem: "who checked is among those who made it", remedy: "let somebody else check and sign" },
  "G6-training": { problem: "the training of a person has run out", remedy: "train, and write it into roles.yaml" },
  "G6-approvals": {
    problem: "too few people approved these images",
    remedy: "two people with different roles sign an approval",
  },
  // G7 content.
  "G7-issue-open": {
    problem: "an issue at or over the threshold is neither fixed nor decided",
    remedy: "fix it, or decide with VEX state or waiver",
  },
  "G7-issue-untriaged": { problem: "an issue is past its time of triage", remedy: "sumac sdl issue triage" },
  "G7-issue-report": {
    problem: "a report to the authority is overdue",
    remedy: "send it, and write the time into reports",
  },
  "G7-issue-users": {
    problem: "users were not told of a fixed issue",
    remedy: "publish the advisory and write notified_at",
  },
  "G7-waiver-expired": { problem: "a waiver has expired", remedy: "close the gap, or decide again" },
  "G7-waiver-release": { problem: "the waiver is for another release", remedy: "decide for this release" },
  "G7-waiver-role": {
    problem: "the approver of the waiver may not do so",
    remedy: "let the security lead or product owner decide",
  },
  "G7-waiver-forbidden": { problem: "this row cannot be waived", remedy: "close the gap" },
  "G7-waiver-future": { problem: "the waiver was approved in the future", remedy: "correct the day" },
  "G7-matrix-empty": {
    problem: "a way to this update was not qualified",
    remedy: "run it and record it: sumac sdl update qualify",
  },
  "G7-matrix-failed": {
    problem: "a way to this update failed",
    remedy: "correct the update, or take the version out of support",
  },
  "G7-qualification-missing": {
    problem: "there is no qualification of this update",
    remedy: "sumac sdl update qualify",
  },
  "G7-qualification-images": {
    problem: "the qualification is of other images",
    remedy: "qualify the images of this release",
  },
  "G7-qualification-held": { problem: "the qualification says hold", remedy: "correct the cause and decide again" },
  "G7-qualification-failed": {
    problem: "a run of the qualification failed",
    remedy: "correct the cause and run it again",
  },
  "G7-qualification-person": {
    problem: "tester, approver or their roles do not fit",
    remedy: "tester and approver are two people; the tester is no developer",
  },
  "G7-safety-regression": {
    problem: "a safety relevant product needs its safety regression",
    remedy: "run it and record it in the qualification",
  },
  "G7-update-doc-missing": { problem: "there is no update document", remedy: "sumac sdl update document" },
  "G7-update-doc": { problem: "the update document does not fit the release", remedy: "correct it" },
  "G7-update-kind": {
    problem: "security and features are mixed without a reason",
    remedy: "split the update, or write mixed_reason",
  },
  "G7-compat-missing": { problem: "there is no statement on dependent components", remedy: "sumac sdl update compat" },
  "G7-compat-stale": {
    problem: "upstream sources were not looked through in time",
    remedy: "look, and write the day into checked",
  },
  "G7-compat-pending": {
    problem: "a dependent update is undecided for too long",
    remedy: "decide: compatible, not-compatible with a mitigation, or not-affected",
  },
  "G7-delivery-missing": {
    problem: "there is no proof of delivery",
    remedy: "write delivery.yaml: keys, channels, fingerprints by a second route, how to verify offline",
  },
  "G7-delivery": { problem: "the proof of delivery does not fit the release", remedy: "correct it" },
  "G7-timeliness": {
    problem: "too few fixes came in time",
    remedy: "see sumac sdl status; raise the pace or decide exceptions",
  },
  "G7-support-end": { problem: "support of the product has ended", remedy: "extend it, or do not release" },
  "G7-sbom-missing": {
    problem: "the SBOM of the release is not there",
    remedy: "write it, and name file and digest in the release",
  },
  "G7-sbom": { problem: "the SBOM cannot be read or is another", remedy: "make it again: CycloneDX JSON" },
  "G7-sbom-images": {
    problem: "the SBOM and the release do not name the same images",
    remedy: "make it from this build",
  },
  "G7-csaf": { problem: "an advisory is no valid CSAF 2.0", remedy: "correct the issue that it is made from" },
  "G7-supplier": {
    problem: "a supplier's certificate has expired or its review is old",
    remedy: "renew, and correct suppliers.yaml",
  },
  "G7-review-open": { problem: "a review has open findings", remedy: "close or accept them" },
  // G8 claims.
  "G8-below-target": {
    problem: "the evidence gives less than the declared SL-C",
    remedy: "add tests or measures for the limiting rows, or lower the target",
  },
  "G8-claim-unproven": {
    problem: "a claim names no test that passed on these images",
    remedy: "run it, or withdraw the claim",
  },
  "G8-context": {
    problem: "there is no SL-C without the context it is for",
    remedy: "write context.yaml and the reason in product.yaml",
  },
  // G9 documents.
  "G9-guide-missing": { problem: "a guide is not part of the release", remedy: "add it to guides of the release" },
  "G9-guide-digest": {
    problem: "the guide in the folder is not the one of the release",
    remedy: "review the new text, then correct the digest",
  },
  "G9-guide-unreviewed": {
    problem: "no review covers this text of the guide",
    remedy: "review it: sumac sdl review sign",
  },
  // G10 rollback.
  "G10-below-floor": { problem: "the sequence is below the floor", remedy: "raise the sequence" },
  "G10-sequence-used": { problem: "another release has this sequence", remedy: "raise the sequence" },
  "G10-not-raised": {
    problem: "a fixed issue comes back by a downgrade",
    remedy: "raise the floor above the last affected release",
  },
  "G10-lowered": { problem: "the floor is lower than that of an earlier release", remedy: "a floor never falls" },
  // Emergency.
  "emergency-refused": {
    problem: "the emergency path is not open",
    remedy: "a security lead and a release manager sign an approval with the reason",
  },
  "emergency-open": {
    problem: "released in an emergency: the record must follow",
    remedy: "close it before the day named",
  },
} as const;

/** Public: scripts and waivers name them. Never reused for another meaning. */
export type RuleId = keyof typeof table;

export const rules: Readonly<Record<RuleId, Rule>> = table;
export const ruleIds: readonly RuleId[] = Object.keys(table) as RuleId[];

/** Which gate a rule belongs to, if any. */
export const gateOf = (rule: RuleId): string | undefined => /^G\d+/.exec(rule)?.[0];
