import { err, ok, type Result } from "@sumac/cbor";
import { DescriptionReader, type DescriptionRefusal } from "./description-reader.ts";

/** One updatable part of the product. */
export interface ComponentDescription {
  /** The SUIT component identifier: each segment becomes a byte string of its UTF-8 bytes. */
  readonly id: readonly string[];
  readonly name: string;
  /** Bytes: the slot on the device. A larger image is refused before it is signed. */
  readonly maxSize: bigint;
}

/** What stays the same from release to release: sumac.yaml. */
export interface ReleaseDescription {
  /** A domain name of the vendor, lower case; the vendor identifier is made from it. */
  readonly vendor: string;
  /** The model; with the vendor it makes the class identifier, so it must not change between releases. */
  readonly product: string;
  readonly vendorName?: string;
  readonly description?: string;
  readonly referenceUri?: string;
  /** Exactly one for now: a description of several is refused with `several-components`. */
  readonly components: readonly ComponentDescription[];
}

const productKeys = ["vendor", "product", "vendorName", "description", "referenceUri", "components"] as const;
const componentKeys = ["id", "name", "maxSize"] as const;

const maxFileBytes = 64 * 1024;

/** Reads sumac.yaml, strictly: what is not understood is refused at its line, never ignored. */
export function parseReleaseDescription(file: Uint8Array): Result<ReleaseDescription, DescriptionRefusal> {
  if (file.length > maxFileBytes) return err({ code: "description-too-large", size: file.length, limit: maxFileBytes });
  return DescriptionReader.read(file, (reader) => {
    const product = reader.map(reader.root, productKeys);
    const description = {
      vendor: reader.domain(product.required("vendor")),
      product: reader.text(product.required("product"), 64),
      ...present("vendorName", product.optional("vendorName"), (field) => reader.text(field, 64)),
      ...present("description", product.optional("description"), (field) => reader.text(field, 256)),
      ...present("referenceUri", product.optional("referenceUri"), (field) => reader.uri(field)),
    };
    const list = product.required("components");
    const components = reader.list(list).map((item) => {
      const component = reader.map(item, componentKeys);
      return {
        id: reader.list(component.required("id")).map((segment) => reader.segment(segment)),
        name: reader.text(component.required("name"), 64),
        maxSize: reader.size(component.required("maxSize")),
      };
    });
    if (components.length > 1) reader.refuseSeveral(list, components.length);
    return ok({ ...description, components });
  });
}

function present<Name extends string, Field, T>(
  name: Name,
  field: Field | undefined,
  read: (field: Field) => T,
): { [K in Name]?: T } {
  return field === undefined ? {} : ({ [name]: read(field) } as { [K in Name]?: T });
}
