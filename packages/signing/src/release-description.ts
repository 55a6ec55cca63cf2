import { ok, type Result } from "@sumac/cbor";
import type { DigestName } from "@sumac/crypto";
import { digestAlgorithmLabel, type VersionMatch } from "@sumac/suit";
import { DescriptionReader, type DescriptionRefusal, type Field } from "./description-reader.ts";
import { parseUtcSeconds } from "./utc-seconds.ts";
import { highestPen, type Vendor } from "./vendor-identity.ts";
import { parseVersionMatch } from "./version-text.ts";

/** One updatable part of the product. */
export interface ComponentDescription {
  /** The SUIT component identifier: each segment becomes a byte string of its UTF-8 bytes. */
  readonly id: readonly string[];
  readonly name: string;
  /** Bytes: the slot on the device. A larger image is refused before it is signed. */
  readonly maxSize: bigint;
}

/** What stays the same from release to release: sumac.yaml. */
export interface ReleaseDescription extends Vendor {
  /** A domain name of the vendor, lower case; the vendor identifier is made from it unless there is a `vendorPen`. */
  readonly vendor: string;
  /** The model; with the vendor it makes the class identifier, so it must not change between releases. */
  readonly product: string;
  readonly vendorName?: string;
  readonly description?: string;
  readonly referenceUri?: string;
  /** Of the texts above and the names of components; absent = "en". */
  readonly language?: string;
  readonly translations?: readonly Translation[];
  /** Of manifest, severed members and images. Absent = SHA-256. */
  readonly digestAlgorithm?: DigestName;
  /** The first is the one that runs. */
  readonly components: readonly ComponentDescription[];
  readonly unstableUpdateManagement14?: UpdateManagement;
}

/** The same texts in another language. What is left out is shown in no language but the first. */
export interface Translation {
  readonly language: string;
  readonly vendorName?: string;
  readonly description?: string;
  /** One for each component, in their order. */
  readonly names?: readonly string[];
}

/**
 * UNSTABLE: fields of draft-ietf-suit-update-management-14, which is still moving. A device that was not told of the
 * draft refuses all of them but `useBefore` as `unsupported`.
 */
export interface UpdateManagement {
  /** Seconds since 1970. After it the release is not installed any more; what is installed goes on running. */
  readonly useBefore?: bigint;
  /** The smaller, the more urgent. */
  readonly priority?: bigint;
  /** What the installed version of the first component must be. */
  readonly installed?: VersionMatch;
  /** `release`: the version of each release becomes set-version, so it has to be one that devices can compare. */
  readonly setVersion?: "release";
}

const productKeys = [
  "vendor",
  "vendorPen",
  "product",
  "vendorName",
  "description",
  "referenceUri",
  "language",
  "translations",
  "digestAlgorithm",
  "components",
  "unstableUpdateManagement14",
] as const;
const componentKeys = ["id", "name", "maxSize"] as const;
const translationKeys = ["vendorName", "description", "names"] as const;
const updateManagementKeys = ["useBefore", "priority", "installed", "setVersion"] as const;

/** Every key of sumac.yaml, as a path. */
export const releaseDescriptionKeys: readonly string[] = [
  ...productKeys,
  ...translationKeys.map((key) => `translations.${key}`),
  ...componentKeys.map((key) => `components.${key}`),
  ...updateManagementKeys.map((key) => `unstableUpdateManagement14.${key}`),
];

/** Half of what a verifier takes: each may need a second one for its ciphertext. */
const mostComponents = 16;
const digestNames = Object.keys(digestAlgorithmLabel) as DigestName[];

/** The language of a description that names none. */
export const defaultLanguage = "en";

/** Reads sumac.yaml, strictly: what is not understood is refused at its line, never ignored. */
export function parseReleaseDescription(file: Uint8Array): Result<ReleaseDescription, DescriptionRefusal> {
  return DescriptionReader.read(file, (reader) => {
    const product = reader.map(reader.root, productKeys);
    const language = product.optional("language");
    const described = {
      vendor: reader.domain(product.required("vendor")),
      ...present("vendorPen", product.optional("vendorPen"), (field) => reader.integer(field, 1, highestPen)),
      product: reader.text(product.required("product"), 64),
      ...present("vendorName", product.optional("vendorName"), (field) => reader.text(field, 64)),
      ...present("description", product.optional("description"), (field) => reader.text(field, 256)),
      ...present("referenceUri", product.optional("referenceUri"), (field) => reader.uri(field)),
      ...present("language", language, (field) => readLanguage(reader, field)),
      ...present("digestAlgorithm", product.optional("digestAlgorithm"), (field) => reader.name(field, digestNames)),
    };
    const components = readComponents(reader, product.required("components"));
    return ok({
      ...described,
      ...present("translations", product.optional("translations"), (field) =>
        readTranslations(reader, field, described.language ?? defaultLanguage, components.length),
      ),
      components,
      ...present("unstableUpdateManagement14", product.optional("unstableUpdateManagement14"), (field) =>
        readUpdateManagement(reader, field),
      ),
    });
  });
}

function readComponents(reader: DescriptionReader, list: Field): readonly ComponentDescription[] {
  const items = reader.list(list);
  if (items.length > mostComponents) reader.refuse(list, "too-long");
  const seen = new Set<string>();
  return items.map((item) => {
    const component = readComponent(reader, item);
    const key = component.id.join("/");
    if (seen.has(key)) reader.refuse(item, "component-twice");
    seen.add(key);
    return component;
  });
}

function readComponent(reader: DescriptionReader, item: Field): ComponentDescription {
  const component = reader.map(item, componentKeys);
  return {
    id: reader.list(component.required("id")).map((segment) => reader.segment(segment)),
    name: reader.text(component.required("name"), 64),
    maxSize: reader.size(component.required("maxSize")),
  };
}

/** RFC 5646 as far as a manifest can say it: letters first, then letters and digits. */
const languageTag = /^[a-zA-Z]{2,8}(?:-[a-zA-Z0-9]{1,8})*$/;

const readLanguage = (reader: DescriptionReader, field: Field): string =>
  reader.parsed(field, (text) => (languageTag.test(text) ? text : undefined), "not-a-language");

function readTranslations(
  reader: DescriptionReader,
  field: Field,
  first: string,
  componentCount: number,
): readonly Translation[] {
  const seen = new Set([first.toLowerCase()]);
  return reader.entries(field).map(({ key: language, value }) => {
    if (!languageTag.test(language)) reader.refuse(value, "not-a-language");
    if (seen.has(language.toLowerCase())) reader.refuse(value, "language-twice");
    seen.add(language.toLowerCase());
    const texts = reader.map(value, translationKeys);
    return {
      language,
      ...present("vendorName", texts.optional("vendorName"), (name) => reader.text(name, 64)),
      ...present("description", texts.optional("description"), (text) => reader.text(text, 256)),
      ...present("names", texts.optional("names"), (list) => {
        const names = reader.list(list).map((name) => reader.text(name, 64));
        return names.length === componentCount ? names : reader.refuse(list, "one-name-each");
      }),
    };
  });
}

function readUpdateManagement(reader: DescriptionReader, field: Field): UpdateManagement {
  const given = reader.map(field, updateManagementKeys);
  return {
    ...present("useBefore", given.optional("useBefore"), (time) => reader.parsed(time, parseUtcSeconds, "not-a-time")),
    ...present("priority", given.optional("priority"), (number) => BigInt(reader.integer(number, -100, 100))),
    ...present("installed", given.optional("installed"), (text) =>
      reader.parsed(text, parseVersionMatch, "not-a-version-match"),
    ),
    ...present("setVersion", given.optional("setVersion"), (word) => reader.name(word, ["release"] as const)),
  };
}

function present<Name extends string, Field, T>(
  name: Name,
  field: Field | undefined,
  read: (field: Field) => T,
): { [K in Name]?: T } {
  return field === undefined ? {} : ({ [name]: read(field) } as { [K in Name]?: T });
}
