import { bytesToHex, type Crypto } from "@sumac/crypto";
import { canonicalBytes, type JsonValue } from "../canonical-json.ts";
import type { Image, Release } from "../model/release.ts";
import { genericPurl } from "../outputs/package-url.ts";
import { type MergedParts, order } from "./merge-parts.ts";
import type { SbomPart } from "./sbom-part.ts";

export const bomVersions = ["1.6", "1.7"] as const;
export type BomVersion = (typeof bomVersions)[number];

interface BomQuestion {
  readonly specVersion: BomVersion;
  readonly product: { readonly id: string; readonly vendor: string };
  readonly release: Pick<Release, "version"> & { readonly images: readonly Pick<Image, "name" | "sha256">[] };
  /** RFC 3339; from the caller's files, never from a clock. */
  readonly timestamp?: string;
  readonly tool: { readonly name: string; readonly version: string };
  readonly crypto: Crypto;
}

/** A CycloneDX document as plain data; `serialNumber` is that of its content. */
export type Bom = { readonly [name: string]: JsonValue | undefined };

/**
 * The SBOM of a release, CycloneDX 1.6 or 1.7. Its subject carries the SHA-256 of the image, or one component per image,
 * which is what the gate compares. No clock and no random number goes in.
 */
export function firmwareBom(
  { parts, needs }: MergedParts,
  { specVersion, product, release, timestamp, tool, crypto }: BomQuestion,
): Bom {
  const subject = subjectOf(product, release);
  return sealBom(
    {
      ...bomHead(specVersion),
      metadata: {
        ...(timestamp === undefined ? {} : { timestamp }),
        lifecycles: [{ phase: "post-build" }],
        tools: { components: [{ type: "application", ...tool }] },
        component: subject,
        supplier: { name: product.vendor },
      },
      components: parts.map(componentOf),
      dependencies: [
        {
          ref: String(subject["bom-ref"]),
          dependsOn: rootsOf(
            parts.map(({ ref }) => ref),
            needs,
          ),
        },
        ...parts.map(({ ref }) => ({ ref, dependsOn: needs.get(ref) ?? [] })),
      ],
    },
    crypto,
  );
}

export const bomHead = (specVersion: BomVersion): Bom => ({
  $schema: `http://cyclonedx.org/schema/bom-${specVersion}.schema.json`,
  bomFormat: "CycloneDX",
  specVersion,
  version: 1,
});

/** The product of a release with the digests of its images. */
export function subjectOf(product: BomQuestion["product"], { version, images }: BomQuestion["release"]): Bom {
  const [only] = images;
  const hashesOf = (sha256: string): JsonValue => [{ alg: "SHA-256", content: sha256 }];
  const purl = genericPurl(product.id, version);
  return {
    type: "firmware",
    "bom-ref": purl,
    supplier: { name: product.vendor },
    name: product.id,
    version,
    purl,
    ...(images.length === 1 && only !== undefined
      ? { hashes: hashesOf(only.sha256) }
      : {
          components: [...images]
            .sort((a, b) => order(a.name, b.name))
            .map(({ name, sha256 }) => ({
              type: "firmware",
              "bom-ref": `${purl}#${encodeURIComponent(name)}`,
              name,
              version,
              hashes: hashesOf(sha256),
            })),
        }),
  };
}

/** A UUID of version 8 (RFC 9562) from the SHA-256 of the canonical content, so that other content has another number. */
export function sealBom(bom: Bom, crypto: Crypto): Bom {
  const running = crypto.startDigest("sha-256");
  running.update(canonicalBytes(bom));
  const digest = running.digest().slice(0, 16);
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytesToHex(digest);
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  const { $schema, bomFormat, specVersion, ...rest } = bom;
  return { $schema, bomFormat, specVersion, serialNumber: `urn:uuid:${uuid}`, ...rest };
}

function componentOf(part: SbomPart & { readonly ref: string }): Bom {
  const {
    ref,
    type = "library",
    supplier,
    name,
    version,
    scope = "required",
    hashes,
    licenses,
    purl,
    commit,
    reason,
  } = part;
  return {
    type,
    "bom-ref": ref,
    supplier: { name: supplier },
    name,
    version,
    scope,
    ...(hashes.size === 0 ? {} : { hashes: [...hashes].map(([alg, content]) => ({ alg, content })) }),
    ...(licenses.length === 0 ? {} : { licenses: licensesOf(licenses) }),
    ...(purl === "" ? {} : { purl }),
    ...(commit === undefined ? {} : { pedigree: { commits: [{ uid: commit.uid }], notes: `source: ${commit.url}` } }),
    ...(reason === "" ? {} : { properties: [{ name: "sumac:no-hash-reason", value: reason }] }),
  };
}

/** One text may be an SPDX expression; of several nobody said whether all hold or one is chosen. */
const licensesOf = (licenses: readonly string[]): JsonValue =>
  licenses.length === 1 && /^[A-Za-z0-9.+-]+( (AND|OR|WITH) [A-Za-z0-9.+-]+)*$/.test(licenses[0] ?? "")
    ? [{ expression: licenses[0] ?? "" }]
    : licenses.map((name) => ({ license: { name } }));

/** What no other component needs; of a ring that nothing leads to, its first. */
function rootsOf(refs: readonly string[], needs: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const needed = new Set([...needs.values()].flat());
  const reached = new Set<string>();
  const reach = (start: string): void => {
    const waiting = [start];
    for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
      if (reached.has(ref)) continue;
      reached.add(ref);
      waiting.push(...(needs.get(ref) ?? []));
    }
  };
  const roots = refs.filter((ref) => !needed.has(ref));
  roots.forEach(reach);
  for (const ref of refs) {
    if (reached.has(ref)) continue;
    roots.push(ref);
    reach(ref);
  }
  return roots.sort(order);
}
