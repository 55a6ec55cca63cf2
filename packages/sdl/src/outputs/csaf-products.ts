import type { Release } from "../model/release.ts";
import type { CsafBranch } from "./csaf-document.ts";
import { genericPurl } from "./package-url.ts";
import { type ReleasePicture, releasesInOrder } from "./release-picture.ts";

/** Stable within a document and between documents of one product. */
export const productId = (product: { readonly id: string }, version: string): string => `${product.id}:${version}`;

/** Vendor, product, and each of the versions, with the digests of the images that a release file knows. */
export function productBranches(picture: ReleasePicture, versions: readonly string[]): readonly CsafBranch[] {
  const { product } = picture;
  const releases = new Map(releasesInOrder(picture.model).map((release) => [release.version, release]));
  const branch = (version: string): CsafBranch => ({
    category: "product_version",
    name: version,
    product: {
      name: `${product.vendor.name} ${product.name} ${version}`,
      product_id: productId(product, version),
      product_identification_helper: {
        ...hashesOf(releases.get(version)),
        model_numbers: [product.model],
        purl: genericPurl(product.id, version),
      },
    },
  });
  return [
    {
      category: "vendor",
      name: product.vendor.name,
      branches: [{ category: "product_name", name: product.name, branches: versions.map(branch) }],
    },
  ];
}

const hashesOf = (release: Release | undefined) =>
  release === undefined
    ? {}
    : {
        hashes: release.images.map(({ name, sha256 }) => ({
          file_hashes: [{ algorithm: "sha256" as const, value: sha256 }],
          filename: name,
        })),
      };

/** Versions an issue speaks of, in the order of their releases; those without a release file come first, by name. */
export function versionsInOrder(picture: ReleasePicture, named: Iterable<string>): readonly string[] {
  const order = new Map(releasesInOrder(picture.model).map(({ version }, index) => [version, index]));
  return [...new Set(named)].sort((a, b) => (order.get(a) ?? -1) - (order.get(b) ?? -1) || (a < b ? -1 : 1));
}
