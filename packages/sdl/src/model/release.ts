import {
  date,
  described,
  filePath,
  gitId,
  hex64,
  id,
  instant,
  list,
  oneOf,
  record,
  type Shape,
  text,
  wholeNumber,
} from "./shape.ts";
import { type UpdateKind, updateKind } from "./vocabulary.ts";

/** `.sdl/releases/<id>.yaml`: what is to be signed, or has been: the subject of every release-scoped record. */
export interface Release {
  readonly id: string;
  readonly version: string;
  /** `superseded`: replaced and no longer offered, so that its evidence may age. */
  readonly state: "candidate" | "shipped" | "superseded" | "withdrawn";
  /** SUIT sequence number, and the lowest one that devices may still install. */
  readonly sequence: number;
  readonly floor: number;
  readonly update_kind: UpdateKind;
  readonly mixed_reason?: string;
  readonly images: readonly Image[];
  readonly manifest?: { readonly sha256: string };
  readonly source: { readonly commit: string; readonly tree: string; readonly tag: string };
  readonly sbom: { readonly file: string; readonly sha256: string };
  readonly guides: readonly { readonly id: string; readonly sha256: string }[];
  readonly update: string;
  readonly planned: string;
  readonly shipped_at?: string;
  /** Why a deadline is open after an emergency release. */
  readonly emergency?: { readonly reason: string; readonly due: string };
  readonly notes?: string;
}

export interface Image {
  readonly name: string;
  readonly sha256: string;
  readonly size: number;
  /** Where it lies in the product folder, if it does. */
  readonly file?: string;
}

export const release: Shape<Release> = record(
  {
    id,
    version: id,
    state: oneOf("candidate", "shipped", "superseded", "withdrawn"),
    sequence: wholeNumber,
    floor: described("lowest sequence number that devices may still install", wholeNumber),
    update_kind: updateKind,
    images: list(record({ name: id, sha256: hex64, size: wholeNumber }, { file: filePath }), 1),
    source: record({ commit: gitId, tree: gitId, tag: text }),
    sbom: described("CycloneDX JSON in the product folder", record({ file: filePath, sha256: hex64 })),
    guides: described("digest of every guide of product.yaml as shipped", list(record({ id, sha256: hex64 }))),
    update: described("folder in updates/", id),
    planned: date,
  },
  {
    mixed_reason: text,
    manifest: record({ sha256: hex64 }),
    shipped_at: instant,
    emergency: record({ reason: text, due: date }),
    notes: text,
  },
);
