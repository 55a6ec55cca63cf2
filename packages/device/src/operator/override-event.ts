import { bytesToHex } from "@sumac/crypto";
import type { LogEntry } from "../log/log-record.ts";
import type { InstallSubject } from "./install-wait.ts";
import type { OverridableBar, Override, OverrideRefusal } from "./override.ts";

/** What became of an override, each told once. */
export type OverrideEvent =
  | { readonly event: "override-given"; readonly override: Override }
  /** It let its update pass. */
  | {
      readonly event: "override-used";
      readonly override: Override;
      readonly step: OverriddenStep;
      readonly bar: OverridableBar;
    }
  /** It does not count (any more). `id` and `by` as far as they can be read. */
  | {
      readonly event: "override-refused";
      readonly refusal: OverrideRefusal;
      readonly id: string | undefined;
      readonly by: string | undefined;
    }
  /** The device restarts into the update; the override is spent. */
  | { readonly event: "override-ended"; readonly override: Override };

export type OverriddenStep = "install" | "restart";

/** Who, why, until when, and for what (CR 2.1 RE 3, CR 2.8). */
export function overrideLogEntry(event: OverrideEvent): LogEntry {
  const source = "agent";
  switch (event.event) {
    case "override-given": {
      const { reason, from, until } = event.override;
      const facts = { ...subjectOf(event.override), from: String(from), until: String(until), reason };
      return { type: "override-given", source, result: "success", facts };
    }
    case "override-used": {
      const facts = { ...subjectOf(event.override), step: event.step, lifted: event.bar };
      return { type: "override-used", source, result: "warning", facts };
    }
    case "override-refused": {
      const { refusal, id, by } = event;
      const facts = { code: refusal.code, override: id ?? "unknown", by: by ?? "unknown" };
      return { type: "override-refused", source, result: "refused", facts };
    }
    case "override-ended":
      return { type: "override-ended", source, result: "success", facts: subjectOf(event.override) };
  }
}

const subjectOf = ({
  id,
  by,
  manifestDigest,
}: Pick<Override, "id" | "by"> & Pick<InstallSubject, "manifestDigest">) => ({
  override: id,
  by,
  manifestDigest: bytesToHex(manifestDigest),
});
