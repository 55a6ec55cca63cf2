import { err, ok, type Result } from "@sumac/cbor";
import { bytesToHex } from "@sumac/crypto";
import { measureBytes } from "../blobs/measure.ts";
import { registerBlob } from "../blobs/register-blob.ts";
import type { Refusal } from "../refusal.ts";
import type { ServerContext } from "../server-context.ts";
import type { ReleaseRow } from "../store/schema.ts";
import { decidePublish } from "./decide-publish.ts";
import { matchPayloads, type NamedPayload } from "./match-payloads.ts";
import { findRelease, insertRelease, siblings } from "./release-row.ts";

export interface PublishRequest {
  readonly envelope: Uint8Array;
  readonly payloads: readonly NamedPayload[];
  /** For people; without it the signed text's, else the sequence number. */
  readonly version?: string;
  readonly notes?: string;
  readonly actor: string;
}

export interface Published {
  readonly release: ReleaseRow;
  readonly outcome: "created" | "already-published";
}

/**
 * Publishes a release, or refuses it and changes nothing. The envelope becomes a blob first; its row, the release and
 * the audit entry follow in one transaction, in which the release's place is decided again.
 */
export async function publishRelease(
  context: ServerContext,
  request: PublishRequest,
): Promise<Result<Published, Refusal>> {
  const { store, blobs, limits } = context;
  const { scope } = store;
  if (request.envelope.length > limits.envelopeBytes) return err({ code: "too-large", limit: limits.envelopeBytes });
  const check = context.checkEnvelope(request.envelope);
  if (!check.ok) return err({ code: "envelope-refused", refusal: check.error });
  const checked = check.value;
  const envelope = measureBytes(request.envelope);
  const placed = {
    envelopeSha256: envelope.sha256,
    manifestDigest: bytesToHex(checked.manifestDigest.bytes),
    sequence: checked.sequence,
  };
  const early = decidePublish(placed, await store.read((reader) => siblings(reader, scope, checked)));
  if (!early.ok) return early;
  const payloads = await matchPayloads(store, blobs, checked.payloads, request.payloads);
  if (!payloads.ok) return payloads;
  if (early.value.do === "publish") {
    const stored = await blobs.put(envelope.sha256, envelope.size, inOneChunk(request.envelope));
    if (!stored.ok) throw new Error("an envelope in memory does not match its own digest");
  }
  return store.write(async (writer): Promise<Result<Published, Refusal>> => {
    const decided = decidePublish(placed, await siblings(writer, scope, checked));
    if (!decided.ok) return decided;
    if (decided.value.do === "nothing") {
      const known = await findRelease(writer, scope, decided.value.id);
      if (known === undefined) throw new Error("a release went away inside its own transaction");
      return ok({ release: known, outcome: "already-published" });
    }
    const at = context.now();
    await registerBlob(writer, scope, envelope, at);
    const release = await insertRelease(writer, scope, {
      checked,
      envelopeSha256: envelope.sha256,
      payloads: payloads.value,
      ...(request.version === undefined ? {} : { version: request.version }),
      ...(request.notes === undefined ? {} : { notes: request.notes }),
      actor: request.actor,
      at,
    });
    return ok({ release, outcome: "created" });
  });
}

async function* inOneChunk(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
