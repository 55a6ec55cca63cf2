import type { AnswerFields } from "./answer-fields.ts";
import type { SmpMap } from "./body.ts";
import { readDigest, type SumacDigest, writeDigest } from "./sumac-digest.ts";
import { sumacState } from "./sumac-labels.ts";

/** What the device's own verifier says of the update it was given, and how far that update is. */
export type SumacVerdict =
  | { readonly state: "idle" }
  /** An envelope arrives. Bytes. */
  | { readonly state: "receiving"; readonly offset: number; readonly size: number }
  | ({ readonly state: "refused" | "waiting" } & SumacReason & AboutManifest)
  | ({
      readonly state: "wants-payload";
      readonly uri: string;
      readonly component: readonly Uint8Array[];
      /** Bytes; the offset is that of the next one it wants. */
      readonly size: number;
      readonly offset: number;
    } & AboutManifest)
  | ({ readonly state: "staged" | "armed" | "trial" | "confirmed" | "reverted" } & Partial<SumacReason> &
      AboutManifest);

/** A code of the device's verifier with its facts, as `sumac verify --json` prints them. */
export interface SumacReason {
  readonly code: string;
  readonly facts: SmpMap;
}

interface AboutManifest {
  /** Absent: it could not be read, or nothing of it was believed. */
  readonly manifest?: SumacDigest;
}

/** `size` and `off` mean the envelope while one is received, and the payload while one is wanted. */
export function writeVerdict(verdict: SumacVerdict): SmpMap {
  switch (verdict.state) {
    case "idle":
      return { state: verdict.state };
    case "receiving":
      return { state: verdict.state, size: verdict.size, off: verdict.offset };
    case "wants-payload":
      return {
        state: verdict.state,
        uri: verdict.uri,
        component: verdict.component,
        size: verdict.size,
        off: verdict.offset,
        ...about(verdict),
      };
    default:
      return {
        state: verdict.state,
        ...(verdict.code === undefined ? {} : { code: verdict.code, facts: verdict.facts ?? {} }),
        ...about(verdict),
      };
  }
}

const about = ({ manifest }: AboutManifest): SmpMap =>
  manifest === undefined ? {} : { manifest: writeDigest(manifest) };

export function readVerdictFields(fields: AnswerFields): SumacVerdict {
  const state = fields.word("state", sumacState);
  const manifest = fields.has("manifest") ? { manifest: readDigest(fields, "manifest") } : {};
  switch (state) {
    case "idle":
      return { state };
    case "receiving":
      return { state, ...progress(fields) };
    case "wants-payload":
      return {
        state,
        uri: fields.exactText("uri"),
        component: fields.byteStrings("component", 64),
        ...progress(fields),
        ...manifest,
      };
    case "refused":
    case "waiting":
      return { state, ...reason(fields), ...manifest };
    default:
      return { state, ...(fields.has("code") ? reason(fields) : {}), ...manifest };
  }
}

function progress(fields: AnswerFields): { readonly offset: number; readonly size: number } {
  const [offset, size] = [fields.whole("off"), fields.whole("size")];
  return offset > size ? fields.refuse("off") : { offset, size };
}

function reason(fields: AnswerFields): SumacReason {
  const code = fields.exactText("code");
  // It is shown, logged and compared: nothing but a code gets through here.
  if (!/^[a-z0-9-]{1,64}$/.test(code)) return fields.refuse("code");
  return { code, facts: fields.has("facts") ? fields.map("facts") : {} };
}
