import type { FindingFacts } from "./finding.ts";
import { say, type Words, words } from "./words.ts";

export const findingWords: Words<FindingFacts> = {
  "identity-condition-missing": ({ condition }) =>
    say(
      `the shared sequence does not check the ${words(condition)}`,
      "set the parameter and add the condition, or every device will refuse the update",
    ),
  "parameter-missing": ({ command, parameter }) =>
    say(
      `${words(command)} runs without its parameter ${parameter}`,
      "set the parameter before, with override-parameters",
    ),
  "image-match-missing": ({ directive }) =>
    say(`nothing checks the image after ${directive}`, "add an image-match condition after it"),
  "image-size-missing": () => say("the image digest stands without an image size", "set image-size beside the digest"),
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
  "uri-not-immutable": ({ uri }) =>
    say(
      `the payload URI ${uri} does not contain the digest of the payload`,
      "name the payload after its digest, so that a later upload cannot break this release",
    ),
  "uuid-version": ({ parameter, version }) =>
    say(
      `${parameter} is a UUID of version ${version}, not 3, 4 or 5`,
      "derive it from the vendor domain and the model",
    ),
  "member-absent": ({ member }) =>
    say(`the severed ${member} is not in the envelope`, "use the complete envelope where it is needed"),
};
