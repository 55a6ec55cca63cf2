import type { FindingFacts, MutableUri, UnmatchedPayload } from "./finding.ts";
import type { RecipientLimit } from "./recipient-profile.ts";
import { say, type Words, words } from "./words.ts";

const unmatched: Readonly<Record<UnmatchedPayload, string>> = {
  "not-fetched": "no command fetches it",
  "not-matched": "no image-match follows its fetch",
  "other-bytes": "it is not the image that is matched",
};
const unmatchedRemedy = "fetch it, and add an image-match against the digest of these very bytes";

const mutable: Readonly<Record<MutableUri, string>> = {
  "moving-name": "has a name that will mean another version one day",
  unversioned: "says neither which version nor which digest it means",
  "expiring-query": "works for a while only: its query holds a token or an expiry",
};

const limitNames: Readonly<Record<RecipientLimit, string>> = {
  envelopeBytes: "bytes of the envelope",
  manifestBytes: "bytes of the manifest",
  components: "components",
  dependencies: "dependencies",
  commands: "commands",
  sequenceItems: "items of one command sequence (two a command)",
  depth: "byte strings around one another",
  uriBytes: "bytes of a URI",
  invokeArgsBytes: "bytes of invoke arguments",
  imageBytes: "bytes of an image",
};

export const findingWords: Words<FindingFacts> = {
  "identity-condition-missing": ({ condition }) =>
    say(
      `the shared sequence does not check the ${words(condition)}`,
      "set the parameter and add the condition, or every device will refuse the update",
    ),
  "parameter-missing": ({ command, parameter, index }) =>
    say(
      `${words(command)} of component ${index} runs without its parameter ${parameter}`,
      "set the parameter before, with override-parameters",
    ),
  "image-match-missing": ({ directive, index }) =>
    say(
      `nothing checks the image of component ${index} after ${directive}`,
      "add an image-match condition after it, before anything is started and before other bytes replace it",
    ),
  "source-component-invalid": ({ directive, index, source }) =>
    say(
      `${directive} into component ${index} names the source ${source}, which is no other component of this manifest`,
      "set source-component to the index of another component in the list",
    ),
  "content-mismatch": ({ index }) =>
    say(
      `the content that is written into component ${index} does not have the image digest and size beside it`,
      "set the digest and size of these very bytes",
    ),
  "sequence-aborts": ({ section }) =>
    say(
      `every device stops at an abort in the sequence ${section}`,
      "remove it, or put it into one choice of a try-each behind a condition",
    ),
  "image-size-missing": ({ index }) =>
    say(
      `the image digest of component ${index} stands without an image size`,
      "set image-size beside the digest, or more may follow the image",
    ),
  "integrated-payload-unmatched": ({ uri, because }) =>
    say(
      `the payload ${JSON.stringify(uri)} inside the envelope is unsigned, and ${unmatched[because]}`,
      unmatchedRemedy,
    ),
  "validate-missing": () =>
    say("there is no validate sequence", "add one with image-match, so that the image is checked at every boot"),
  "validate-without-image-match": () =>
    say("the validate sequence does not check the image", "add an image-match condition to it"),
  "text-not-severed": ({ size }) =>
    say(`the text takes ${size} bytes of the manifest`, "sever it, so that small devices need not receive it"),
  "severed-without-gain": ({ member, size }) =>
    say(`the severed ${member} has ${size} bytes, less than the digest in its place`, "keep it in the manifest"),
  "text-component-unknown": ({ component }) =>
    say(
      `the text describes component ${component}, which the manifest does not have`,
      "correct the component identifier",
    ),
  "reference-uri-missing": () =>
    say("there is no reference URI", "add referenceUri to the release description; reports of devices refer to it"),
  "legacy-algorithm": ({ algorithm, replacement }) =>
    say(
      `a signature uses the deprecated algorithm ${algorithm}`,
      `sign with algorithm ${replacement}; devices accept the old id only where their trust record says so`,
    ),
  "uri-not-immutable": ({ uri, because }) =>
    say(
      `the payload URI ${JSON.stringify(uri)} ${mutable[because]}`,
      "name the payload after its digest or version, so that a later upload cannot break this release",
    ),
  "uuid-version": ({ parameter, version }) =>
    say(
      `${parameter} is a UUID of version ${version}, not 3, 4 or 5`,
      "derive it from the vendor domain and the model",
    ),
  "member-absent": ({ member }) =>
    say(`the severed ${member} is not in the envelope`, "use the complete envelope where it is needed"),
  "text-vendor-contradicts": ({ component, language, domain }) =>
    say(
      `the text (${language}) of component ${component} names the vendor ${JSON.stringify(domain)}, and another vendor identifier is signed`,
      "correct the domain in the text, or the vendor that the identifier is made from",
    ),
  "text-model-contradicts": ({ component, language, model }) =>
    say(
      `the text (${language}) of component ${component} names the model ${JSON.stringify(model)}, and another class identifier is signed`,
      "write what the class identifier was made from into the model text",
    ),
  "text-version-contradicts": ({ component, language, version, signed, field }) =>
    say(
      `the text (${language}) of component ${component} says version ${JSON.stringify(version)}, and ${field} says ${signed}`,
      "make the two agree; people go by the text, devices by what is signed",
    ),
  "text-languages-disagree": ({ component, field, values }) =>
    say(
      `the texts of component ${component} give ${values.length} values as ${words(field)}: ${values.map((value) => JSON.stringify(value)).join(", ")}`,
      "give the same one in every language",
    ),
  "sequence-reused": ({ sequence, earlier }) =>
    say(
      `the sequence number ${sequence} is that of an earlier release, manifest ${earlier}`,
      "build it again with a number higher than every release before",
    ),
  "sequence-not-higher": ({ sequence, highest }) =>
    say(
      `the sequence number ${sequence} is below ${highest} of an earlier release, so devices that have that refuse this`,
      "build it again with a higher number; going back to an old image needs one too",
    ),
  "dependency-index-outside": ({ index, components }) =>
    say(
      `dependency ${index} is no index into the list of components (${components})`,
      "list the dependency as a component; which form will stay is not settled, and some processors refuse this one",
    ),
  "dependency-image-size": ({ index, size }) =>
    say(
      `dependency ${index} has an image size (${size}), and its digest covers only its manifest`,
      "leave the size out: the next signature on the dependency would break it",
    ),
  "dependency-integrity-missing": ({ index }) =>
    say(
      `dependency ${index} is processed without having been checked`,
      "add the condition dependency-integrity before process-dependency",
    ),
  "dependency-section-not-run": ({ index, section }) =>
    say(
      `dependency ${index} has the sequence ${section}, and this manifest never runs it`,
      `add process-dependency to ${section}`,
    ),
  "encryption-info-invalid": ({ because }) =>
    say(`the encryption information cannot be read (${words(because)})`, "encrypt the payload again"),
  "encryption-header-unsorted": () =>
    say(
      "a header of the encryption information has its keys in another order than deterministic CBOR",
      "write them in the order of RFC 8949 4.2.1; strict readers refuse this",
    ),
  "recipient-limit-exceeded": ({ limit, found, allowed, component }) =>
    say(
      `the recipient takes ${allowed} ${limitNames[limit]}${component === undefined ? "" : ` in component ${component}`}, and here are ${found}`,
      "make it smaller, or name another recipient's profile",
    ),
  "recipient-unsupported": ({ what, name }) =>
    say(`the recipient does not support the ${words(what)} ${name}`, "build the release without it"),
};
