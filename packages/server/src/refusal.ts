import type { EnvelopeRefusal } from "./check-envelope.ts";

/** Every reason of the publish API and DDI to refuse a request. Codes are public and never reused. */
export type Refusal =
  | { readonly code: "bad-request" }
  | { readonly code: "invalid-body"; readonly field: string }
  | { readonly code: "invalid-parameter"; readonly parameter: string }
  | { readonly code: "unauthorized" }
  | { readonly code: "role-missing"; readonly need: string }
  | { readonly code: "not-found" }
  | { readonly code: "gone" }
  | { readonly code: "length-required" }
  | { readonly code: "too-large"; readonly limit: number }
  | { readonly code: "unsupported-media-type" }
  | { readonly code: "too-many-requests" }
  | { readonly code: "too-many-uploads" }
  | { readonly code: "length-mismatch"; readonly expected: number; readonly received: number }
  | { readonly code: "digest-mismatch"; readonly expected: string; readonly computed: string }
  | { readonly code: "envelope-refused"; readonly refusal: EnvelopeRefusal }
  /** Role files that a client would refuse, or that this server may not publish; told by the inner code. */
  | { readonly code: "repository-refused"; readonly refusal: { readonly code: string } }
  | { readonly code: "payload-uri-unsafe"; readonly uri: string }
  | { readonly code: "payload-missing"; readonly uri: string }
  | { readonly code: "payload-unknown"; readonly uri: string }
  | { readonly code: "payload-digest-mismatch"; readonly uri: string }
  | { readonly code: "payload-size-mismatch"; readonly uri: string; readonly expected: string; readonly found: number }
  | { readonly code: "blob-missing"; readonly uri: string; readonly sha256: string }
  | { readonly code: "sequence-reused"; readonly sequence: string; readonly release: number }
  | { readonly code: "rollback"; readonly offered: string; readonly newest: string }
  | { readonly code: "manifest-already-published"; readonly release: number }
  | { readonly code: "attachment-exists"; readonly name: string }
  | { readonly code: "device-exists"; readonly controllerId: string }
  | { readonly code: "action-closed"; readonly state: string }
  | { readonly code: "action-open"; readonly state: string }
  | { readonly code: "already-installed" }
  | { readonly code: "too-many-attributes"; readonly limit: number }
  | { readonly code: "precondition-failed" }
  | { readonly code: "range-not-satisfiable" };

export type RefusalCode = Refusal["code"];

/** The one table from code to HTTP status. */
export const httpStatus: Readonly<Record<RefusalCode, number>> = {
  "bad-request": 400,
  "invalid-body": 400,
  "invalid-parameter": 400,
  unauthorized: 401,
  "role-missing": 403,
  "not-found": 404,
  gone: 410,
  "length-required": 411,
  "too-large": 413,
  "unsupported-media-type": 415,
  "too-many-requests": 429,
  "too-many-uploads": 429,
  "length-mismatch": 400,
  "digest-mismatch": 422,
  "envelope-refused": 422,
  "repository-refused": 422,
  "payload-uri-unsafe": 422,
  "payload-missing": 422,
  "payload-unknown": 422,
  "payload-digest-mismatch": 422,
  "payload-size-mismatch": 422,
  "blob-missing": 422,
  "sequence-reused": 409,
  rollback: 409,
  "manifest-already-published": 409,
  "attachment-exists": 409,
  "device-exists": 409,
  "action-closed": 409,
  "action-open": 409,
  "already-installed": 409,
  "too-many-attributes": 400,
  "precondition-failed": 412,
  "range-not-satisfiable": 416,
};
