import { type Crypto, equalBytes } from "@sumac/crypto";
import type { LogEnds } from "./event-log.ts";
import { type ChainPlace, parseRecord, recordDigest } from "./log-record.ts";
import type { LogStore } from "./log-store.ts";
import { type LogRing, logRings } from "./log-type.ts";
import { type LogProblem, type LogVerdict, LogVerifier, type SoundLog } from "./verify-log.ts";

/**
 * Checks a log where it lies; writes nothing. `kept` are the ends of a head that was signed earlier: the record that it
 * ends with must still be there as it was, unless it was dropped since. Without one a log is only as trustworthy as
 * whoever could write the storage. Throws `Unavailable` where it cannot be read.
 */
export async function verifyStoredLog(store: LogStore, crypto: Crypto, kept?: LogEnds): Promise<LogVerdict> {
  await store.open();
  const verdicts: SoundLog[] = [];
  for (const ring of logRings) {
    const verdict = await verifyRing(store, ring, crypto, kept?.[ring].next);
    if (verdict.verdict === "altered") return verdict;
    verdicts.push(verdict);
  }
  const [general, reserved] = verdicts;
  return {
    verdict: "sound",
    records: verdicts.reduce((sum, { records }) => sum + records, 0),
    gaps: verdicts.flatMap(({ gaps }) => gaps),
    from: { general: general?.from.general ?? 0, reserved: reserved?.from.reserved ?? 0 },
    end: kept === undefined ? "unknown" : "as-signed",
    torn: verdicts.flatMap(({ torn }) => torn),
  };
}

async function verifyRing(
  store: LogStore,
  ring: LogRing,
  crypto: Crypto,
  kept: ChainPlace | undefined,
): Promise<LogVerdict> {
  // In the storage the rings lie apart: each is compared with itself.
  const verifier = new LogVerifier();
  let reached = 0;
  let differs = false;
  const compare = ({ index, previous }: ChainPlace): void => {
    if (index === kept?.index && !equalBytes(previous, kept.previous)) differs = true;
    reached = Math.max(reached, index);
  };
  for await (const piece of store.pieces(ring)) {
    if (piece.kind === "anchor") {
      verifier.anchor(ring, piece.place);
      compare(piece.place);
      continue;
    }
    const record = piece.kind === "record" ? parseRecord(piece.bytes) : undefined;
    if (piece.kind !== "record" || !record?.ok || record.value.ring !== ring) {
      verifier.damage(ring);
      continue;
    }
    const digest = recordDigest(piece.bytes, crypto);
    verifier.record(record.value, digest);
    compare({ index: record.value.index + 1, previous: digest });
  }
  const verdict = verifier.verdict();
  if (verdict.verdict === "altered" || kept === undefined) return verdict;
  const altered = (problem: LogProblem): LogVerdict => ({ verdict: "altered", problem });
  if (differs) return altered({ code: "log-rewritten", ring, index: kept.index - 1 });
  return reached < kept.index ? altered({ code: "log-record-missing", ring, index: reached }) : verdict;
}
