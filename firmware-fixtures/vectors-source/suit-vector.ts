import { encode } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { type EnvelopeOptions, envelope } from "./craft-envelope.ts";
import { offsetIn } from "./marked-hex.ts";
import { sha256 } from "./test-signer.ts";
import type { Expectation, Headers, Vector } from "./vector-file.ts";

/** What an accepted envelope means: the facts that no damage may change. */
export interface AcceptedEnvelope {
  readonly name: string;
  readonly comment: string;
  readonly manifest: Uint8Array;
  readonly options?: EnvelopeOptions;
  readonly context?: string;
  /** Default 7. */
  readonly sequence?: bigint;
  /** Names of components, joined as the header shows them; default "firmware". */
  readonly components?: readonly string[];
  /** Default: SHA-256 over the manifest with its byte-string head. */
  readonly digest?: string;
  /** Default "newer". */
  readonly standing?: string;
  /** The steps in order, or nothing: "fetch 0, image-match 0". */
  readonly update?: string;
  readonly invocation?: string;
}

export function accepted(row: AcceptedEnvelope): Vector {
  const { name, comment, manifest, options = {}, context } = row;
  const components = row.components ?? ["firmware"];
  return {
    layer: "suit",
    name,
    expect: { verdict: "accept" },
    headers: {
      ...(context === undefined ? {} : { context }),
      sequence: String(row.sequence ?? 7n),
      components: components.map((id) => bytesToHex(new TextEncoder().encode(id))).join(" "),
      digest: row.digest ?? `sha-256 ${bytesToHex(sha256(encode(manifest)))}`,
      standing: row.standing ?? "newer",
      update: row.update ?? "fetch 0, image-match 0, image-match 0",
      invocation: row.invocation ?? "image-match 0, invoke 0",
      comment,
    },
    bytes: envelope(manifest, options),
  };
}

export interface Refusal {
  readonly code: string;
  readonly reason?: string;
  readonly field?: string;
  readonly facts?: Readonly<Record<string, string | number | bigint>>;
}

/** An envelope with one failure. */
export interface RejectedEnvelope {
  /** The row of the table "Must be refused" in docs/spec/manifest-profile.md. */
  readonly row: number;
  readonly name: string;
  readonly file: Uint8Array;
  /** The accept vector that lacks the failure. */
  readonly base?: string;
  /** What stands at the refused offset (`offsetIn`), or the offset itself; absent = the refusal has none. */
  readonly at?: string | number;
  readonly refusal: Refusal;
  readonly context?: string;
  readonly threat?: string;
  readonly comment: string;
}

export function rejected(row: RejectedEnvelope): Vector {
  const { file, refusal, at } = row;
  const offset = typeof at === "string" ? offsetIn(file, at) : at;
  const expect: Expectation = {
    verdict: "reject",
    code: refusal.code,
    ...(refusal.reason === undefined ? {} : { reason: refusal.reason }),
    ...(offset === undefined ? {} : { offset }),
  };
  const facts = Object.entries(refusal.facts ?? {}).map(([name, value]) => `${name}=${value}`);
  const headers: Headers = {
    ...(refusal.field === undefined ? {} : { field: refusal.field }),
    ...(facts.length === 0 ? {} : { facts: facts.join(" ") }),
    base: row.base ?? "one-component",
    ...(row.context === undefined ? {} : { context: row.context }),
    row: String(row.row),
    ...(row.threat === undefined ? {} : { threat: row.threat }),
    comment: row.comment,
  };
  return { layer: "suit", name: row.name, expect, headers, bytes: file };
}

export const malformed = (reason: string, field: string): Refusal => ({ code: "malformed", reason, field });
export const unsupported = (field: string, label: number): Refusal => ({
  code: "unsupported",
  field,
  facts: { label },
});
