import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex, type Crypto, type DigestName } from "@sumac/crypto";
import type { Product } from "../model/product.ts";
import { type CsafSetting, csafAdvisories, csafPath, csafVex } from "./csaf-advisory.ts";
import type { CsafDocument } from "./csaf-document.ts";
import { type ReleasePicture, releasesInOrder } from "./release-picture.ts";

/** Every document of the product, whichever release it was first written for; one for each tracking id. */
export function csafDocuments(picture: ReleasePicture, setting: CsafSetting): readonly CsafDocument[] {
  const found = new Map<string, CsafDocument>();
  for (const release of releasesInOrder(picture.model)) {
    const seen = { ...picture, release };
    const vex = csafVex(seen, setting);
    for (const document of [...csafAdvisories(seen, setting), ...(vex === undefined ? [] : [vex])])
      found.set(document.document.tracking.id, document);
  }
  return [...found.values()];
}

/** Not yet for everybody: its fix cannot be had. */
export const isDraft = ({ document }: CsafDocument): boolean => document.tracking.status === "draft";

/** Two tracking ids that CSAF 2.0 5.1 turns into one file name. */
export interface CsafNameClash {
  readonly file: string;
  readonly ids: readonly [string, string];
}

const label = "white";
const feedFile = `${label}/feed-tlp-${label}.json`;

/**
 * What lies below `/.well-known/csaf/` of a provider (CSAF 2.0 7.1, requirements 2, 7, 11 to 13, 15, 18), by path:
 * metadata, feed, lists, and documents in folders by year, each with its digests beside. Signatures (19, 20) are not
 * made here, so that the role is provider and not trusted provider. `now`: for metadata while there is no document.
 */
export function csafFolder(
  documents: readonly CsafDocument[],
  product: Product,
  { site, crypto, now }: Pick<CsafSetting, "site"> & { readonly crypto: Crypto; readonly now: number },
): Result<ReadonlyMap<string, Uint8Array>, CsafNameClash> {
  const base = `${site}/.well-known/csaf`;
  const newestFirst = documents
    .map((document) => ({ document, path: csafPath(document), ...document.document.tracking }))
    .sort(
      (a, b) =>
        compare(b.current_release_date, a.current_release_date) || compare(a.path, b.path) || compare(a.id, b.id),
    );
  const files = new Map<string, Uint8Array>();
  const ids = new Map<string, string>();
  for (const { document, path, id } of newestFirst) {
    const other = ids.get(path);
    if (other !== undefined) return err({ file: path, ids: [other, id] });
    ids.set(path, id);
    for (const [name, bytes] of withDigests(path, json(document), crypto)) files.set(name, bytes);
  }
  const updated = newestFirst[0]?.current_release_date ?? new Date(now).toISOString();
  const listed = newestFirst.map(({ path, ...rest }) => ({ name: path.slice(label.length + 1), ...rest }));
  files.set(`${label}/index.txt`, utf8(listed.map(({ name }) => `${name}\n`).join("")));
  files.set(
    `${label}/changes.csv`,
    utf8(listed.map(({ name, current_release_date }) => `"${name}","${current_release_date}"\r\n`).join("")),
  );
  const feed = {
    id: `${fileSafe(product.id)}-csaf-feed-tlp-${label}`,
    title: `${product.vendor.name} ${product.name}: advisories (TLP:WHITE)`,
    link: [{ rel: "self", href: `${base}/${feedFile}` }],
    category: [{ scheme: "urn:ietf:params:rolie:category:information-type", term: "csaf" }],
    updated,
    entry: newestFirst.map(({ document, path, id, initial_release_date, current_release_date }) => ({
      id,
      title: document.document.title,
      link: [
        { rel: "self", href: `${base}/${path}` },
        { rel: "hash", href: `${base}/${path}.sha256` },
        { rel: "hash", href: `${base}/${path}.sha512` },
      ],
      published: initial_release_date,
      updated: current_release_date,
      summary: { content: document.document.notes.find(({ category }) => category === "summary")?.text ?? id },
      content: { type: "application/json", src: `${base}/${path}` },
      format: { schema: "https://docs.oasis-open.org/csaf/csaf/v2.0/csaf_json_schema.json", version: "2.0" },
    })),
  };
  files.set(feedFile, json({ feed }));
  files.set(
    "provider-metadata.json",
    json({
      canonical_url: `${base}/provider-metadata.json`,
      distributions: [
        {
          rolie: {
            feeds: [{ summary: "All advisories that are TLP:WHITE", tlp_label: "WHITE", url: `${base}/${feedFile}` }],
          },
        },
        { directory_url: `${base}/${label}/` },
      ],
      last_updated: updated,
      list_on_CSAF_aggregators: true,
      metadata_version: "2.0",
      mirror_on_CSAF_aggregators: true,
      publisher: {
        category: "vendor",
        contact_details: product.vendor.contact,
        name: product.vendor.name,
        namespace: product.vendor.namespace,
      },
      role: "csaf_provider",
    }),
  );
  return ok(new Map([...files].sort(([a], [b]) => compare(a, b))));
}

/** A file, and beside it its digests as CSAF 2.0 7.1.18 and sha256sum read them. */
export function withDigests(
  path: string,
  bytes: Uint8Array,
  crypto: Crypto,
): readonly (readonly [string, Uint8Array])[] {
  const line = (algorithm: DigestName): Uint8Array => {
    const running = crypto.startDigest(algorithm);
    running.update(bytes);
    return utf8(`${bytesToHex(running.digest())}  ${path.replace(/^.*\//, "")}\n`);
  };
  return [
    [path, bytes],
    [`${path}.sha256`, line("sha-256")],
    [`${path}.sha512`, line("sha-512")],
  ];
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const fileSafe = (id: string): string => id.replace(/[^A-Za-z0-9+_.-]/g, "_");
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const json = (value: object): Uint8Array => utf8(`${JSON.stringify(value, null, 2)}\n`);
