import type { BuildRefusal } from "./build-manifest.ts";
import type { DescriptionFlaw, DescriptionRefusal, DescriptionType, Place } from "./description-reader.ts";
import { say, type Words } from "./words.ts";

const at = ({ line, column }: Place): string => `line ${line}, column ${column}`;
const named = (field: string): string => (field === "" ? "the file" : field);

const types: Readonly<Record<DescriptionType, string>> = {
  text: "text",
  map: "a map of keys and values",
  list: "a list",
  size: "a number of bytes",
  number: "a whole number",
};

const typeRemedies: Readonly<Record<DescriptionType, string>> = {
  text: 'put the value in quotes: "1.0"',
  map: "write keys and values, each on its own line",
  list: "write a list: [firmware], or one item a line after a hyphen",
  size: "write bytes (262144) or a size with its unit (256 KiB)",
  number: "write digits without quotes",
};

const flaws: Readonly<Record<DescriptionFlaw, readonly [problem: string, remedy: string]>> = {
  empty: ["is empty", "write a value, or leave the key out if it is optional"],
  "too-long": ["is too long", "shorten it"],
  "line-break": ["has more than one line", "write it in one line"],
  "spaces-at-the-ends": ["begins or ends with a space", "remove the space"],
  "control-character": ["contains a control character, or a mark that reorders text on screen", "remove it"],
  "not-normalised": ["is not in Unicode normal form C", "type the accented letters again as single characters"],
  "empty-list": ["is an empty list", "add at least one item"],
  "not-a-domain": ["is not a domain name in lower case", "write a domain that the vendor owns, such as vendor.example"],
  "not-a-uri": ["is not an absolute URI", "write a URI with its scheme, such as https://vendor.example/product"],
  "not-a-segment": [
    "cannot be a component identifier segment",
    "use 1 to 32 letters, digits, dots, hyphens and underscores, not beginning with a dot",
  ],
  "not-a-size": ["is not a size", typeRemedies.size],
  "size-out-of-range": ["is not between 1 byte and 4 GiB", typeRemedies.size],
  "number-out-of-range": [
    "is no whole number in the range that it may have",
    "look the range up where the key is described",
  ],
  "not-a-name": ["is none of the names that it may have", "write one of them"],
  "not-a-language": ["is no language tag", "write a tag such as de or pt-BR"],
  "language-twice": ["is a language that has its texts already", "keep one of the two"],
  "not-a-time": ["is no time in UTC", "write it like 2030-12-31T23:59:59Z"],
  "not-a-version-match": ["is no comparison with a version", 'write one in quotes: ">= 1.2.0"'],
  "component-twice": ["has the identifier of another component", "give each component an id of its own"],
  "one-name-each": ["does not name each component once", "write as many names as there are components, in their order"],
};

type SeveralComponents = Extract<BuildRefusal, { readonly code: "several-components" }>;

const badValue = ({ flaw, known }: Extract<DescriptionRefusal, { code: "description-bad-value" }>): string =>
  known === undefined ? flaws[flaw][1] : `write one of ${known.join(", ")}`;

export const descriptionWords: Words<DescriptionRefusal | SeveralComponents> = {
  "description-too-large": ({ size, limit }) =>
    say(`the description has ${size} bytes, the limit is ${limit}`, "check that it is the right file"),
  "description-not-utf-8": () => say("the description is not UTF-8 text", "save it as UTF-8"),
  "description-empty": () => say("the description is empty", "write at least the keys that it must have"),
  "description-not-yaml": (fact) =>
    say(`${at(fact)}: this is not valid YAML (${fact.yamlCode})`, "check indentation, quotes and colons around there"),
  "description-too-deep": (fact) =>
    say(
      `${at(fact)}: lists or maps stand more than ${fact.limit} deep in one another`,
      "check that it is the right file; no key needs more than a few levels",
    ),
  "description-duplicate-key": (fact) =>
    say(`${at(fact)}: the key ${JSON.stringify(fact.field)} is there twice`, "keep one of the two"),
  "description-not-plain": (fact) =>
    say(
      `${at(fact)}: ${named(fact.field)} uses a YAML ${fact.feature}, which a description may not`,
      fact.feature === "directive" ? "remove the line that begins with %YAML" : "write the value itself",
    ),
  "description-unknown-key": (fact) =>
    say(
      `${at(fact)}: there is no key ${JSON.stringify(fact.field)}`,
      fact.suggestion === undefined
        ? `the keys there are ${fact.known.join(", ")}`
        : `perhaps ${fact.suggestion} was meant`,
    ),
  "description-missing-key": (fact) => say(`${at(fact)}: ${fact.field} is missing`, `add ${fact.field}`),
  "description-wrong-type": (fact) =>
    say(
      `${at(fact)}: ${named(fact.field)} should be ${types[fact.expected]}, not ${fact.found}`,
      typeRemedies[fact.expected],
    ),
  "description-bad-value": (fact) => say(`${at(fact)}: ${fact.field} ${flaws[fact.flaw][0]}`, badValue(fact)),
  "several-components": ({ count, images }) =>
    say(
      `the product has components: ${count}, and images were given: ${images}`,
      "give one image for each component, in the order of the description",
    ),
};
