import type { Result } from "@sumac/cbor";
import {
  type Algorithm,
  buildSign1,
  type EmbeddedSign1,
  parseEmbeddedSign1,
  protectedHeaderFor,
  serializeEmbeddedSign1,
  sign1Tag,
  toBeSigned,
} from "@sumac/cose";
import { decodeLayer } from "../layer.ts";
import { defaultLimits, type Limits } from "../limits.ts";
import { attempt, refuse, type SuitRefusal } from "../refusal.ts";
import type { Report } from "./report.ts";
import { serializeReport } from "./serialize-report.ts";

/** The device's key: the shape of a signer, without its public half. `sign` gets the bytes to be signed. */
export interface ReportSigner {
  readonly keyId: Uint8Array;
  /** The current one of the key's scheme. */
  readonly algorithm: Algorithm;
  sign(toBeSigned: Uint8Array): Promise<Uint8Array>;
}

/**
 * A report as it travels: a tagged COSE_Sign1 that carries it (`application/suit-report+cose`). Confidentiality is the
 * channel's: REQ.SEC.REPORTING wants both.
 */
export async function signReport(report: Report, signer: ReportSigner): Promise<Uint8Array> {
  const payload = serializeReport(report);
  const { algorithm, keyId } = signer;
  const signature = new Uint8Array(await signer.sign(toBeSigned(protectedHeaderFor(signer), payload)));
  return serializeEmbeddedSign1(buildSign1({ algorithm, keyId, signature }), payload);
}

/** Takes a signed report apart without believing it: the payload stays unparsed bytes. The input is copied once. */
export function parseSignedReport(
  bytes: Uint8Array,
  limits: Limits = defaultLimits,
): Result<EmbeddedSign1, SuitRefusal> {
  return attempt(() => {
    if (bytes.length > limits.maxBytes) refuse({ code: "too-large", size: bytes.length, limit: limits.maxBytes });
    const options = { tags: [sign1Tag], mapOrder: "any" } as const;
    const file = { content: new Uint8Array(bytes), contentOffset: 0 };
    const embedded = parseEmbeddedSign1(
      decodeLayer(file, "signed-report", { limits, depth: 0 }, options),
      "signed-report",
    );
    return embedded.ok ? embedded.value : refuse(embedded.error);
  });
}
