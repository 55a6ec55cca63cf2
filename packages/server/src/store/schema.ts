import type { ActionState, CancelState } from "../actions/action.ts";
import type { Profile } from "../devices/profile.ts";
import type { TokenRole } from "../tokens/token.ts";

/** Whose rows: part of every table and every key from the first day, so that databases can be split later. */
export interface Scope {
  readonly tenant: string;
  readonly site: string;
}

/** Times are milliseconds since 1970, digests lower-case hex, sequence numbers 20 digits (`sequence-key.ts`). */
export interface Schema {
  tokens: TokenRow;
  devices: DeviceRow;
  blobs: BlobRow;
  releases: ReleaseRow;
  release_artifacts: ReleaseArtifactRow;
  actions: ActionRow;
  downloads: DownloadRow;
  events: EventRow;
  counters: CounterRow;
}

export interface TokenRow extends Scope {
  id: string;
  hash: string;
  role: TokenRole;
  label: string;
  /** `gateway` only: which controller ids it may speak for. */
  pattern: string | null;
  created_at: number;
  revoked_at: number | null;
}

export interface DeviceRow extends Scope {
  controller_id: string;
  profile: Profile;
  /** Null = speaks through a gateway only. */
  token_hash: string | null;
  /** JSON object of strings, as the device reported them: hostile text. */
  attributes: string;
  attributes_at: number | null;
  attributes_wanted: number;
  vendor_id: string | null;
  class_id: string | null;
  installed_sequence: string | null;
  installed_digest: string | null;
  /** The last action that ended running-verified. */
  installed_action: number | null;
  last_seen_at: number | null;
  last_address: string | null;
  created_at: number;
}

export interface BlobRow extends Scope {
  sha256: string;
  sha1: string;
  md5: string;
  size: number;
  created_at: number;
}

export interface ReleaseRow extends Scope {
  id: number;
  envelope_sha256: string;
  manifest_digest: string;
  vendor_id: string;
  class_id: string;
  components: string;
  sequence: string;
  name: string;
  version: string;
  notes: string | null;
  published_at: number;
  published_by: string;
}

export interface ReleaseArtifactRow extends Scope {
  release_id: number;
  filename: string;
  sha256: string;
  kind: "manifest" | "payload" | "attachment";
}

export interface ActionRow extends Scope {
  id: number;
  controller_id: string;
  release_id: number;
  profile: Profile;
  state: ActionState;
  link: "open" | "closed";
  cancel: CancelState;
  attempts: number;
  fetched: "nothing" | "manifest" | "payload";
  /** 1 = the release needs nothing but its envelope, so that fetching that is delivery. */
  integrated: number;
  unproven: number;
  reason: string | null;
  known_by: "claimed" | "attribute" | null;
  /** 1 = an operator allowed a further try, so that this action no longer counts against the device. */
  forgiven: number;
  retrieved_at: number | null;
  started_at: number | null;
  closed_at: number | null;
  created_at: number;
  updated_at: number;
  feedback_count: number;
  last_feedback: string | null;
}

/** Downloads from the first byte, counted to stop endless loops. */
interface DownloadRow extends Scope {
  action_id: number;
  filename: string;
  count: number;
}

/** Append-only, kept so by triggers: who did what, when it was received, and the digest of the evidence. */
interface EventRow extends Scope {
  id: number;
  at: number;
  kind: string;
  actor: string;
  controller_id: string | null;
  action_id: number | null;
  release_id: number | null;
  /** JSON. */
  data: string;
  evidence: string | null;
}

interface CounterRow extends Scope {
  name: string;
  value: number;
}
