export interface PreconditionHeaders {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifRange?: string | undefined;
}

export type PreconditionDecision =
  | { readonly go: "on"; readonly honourRange: "yes" | "no" }
  | { readonly go: "not-modified" }
  | { readonly go: "failed" };

/**
 * RFC 9110 13.2.2 for a strong ETag and no dates: blobs never change, so a date says nothing that the ETag does not.
 * `If-Range` that is not exactly this ETag makes the whole file come, never a mixture of two (RFC 9110 13.1.5).
 */
export function decidePrecondition(headers: PreconditionHeaders, etag: string): PreconditionDecision {
  if (headers.ifMatch !== undefined && !lists(headers.ifMatch, etag, "strong")) return { go: "failed" };
  if (headers.ifNoneMatch !== undefined && lists(headers.ifNoneMatch, etag, "weak")) return { go: "not-modified" };
  const honourRange = headers.ifRange === undefined || headers.ifRange.trim() === etag ? "yes" : "no";
  return { go: "on", honourRange };
}

function lists(header: string, etag: string, comparison: "strong" | "weak"): boolean {
  if (header.trim() === "*") return true;
  return header.split(",").some((entry) => {
    const tag = entry.trim();
    return tag === etag || (comparison === "weak" && tag === `W/${etag}`);
  });
}
