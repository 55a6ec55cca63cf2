import type { Scope } from "./schema.ts";
import { nextNumber, type Writer } from "./store.ts";

/** One line of the audit trail. `data` holds facts, never a token or a key. */
export interface Event {
  readonly kind: EventKind;
  readonly at: number;
  /** `device:ID`, `token:LABEL` or `server`. */
  readonly actor: string;
  readonly controllerId?: string;
  readonly actionId?: number;
  readonly releaseId?: number;
  readonly data?: Readonly<Record<string, unknown>>;
  /** SHA-256 of the bytes that this event rests on. */
  readonly evidence?: string;
}

export type EventKind =
  | "token-created"
  | "token-revoked"
  | "device-registered"
  | "device-token-replaced"
  | "attributes-reported"
  | "release-published"
  | "repository-published"
  | "release-attached"
  | "action-offered"
  | "action-retrieved"
  | "action-state"
  | "download-started"
  | "feedback"
  | "late-feedback"
  | "cancel-requested"
  | "cancel-answered"
  | "retry-allowed";

/** Appends; nothing ever changes or removes an event. */
export async function appendEvent(writer: Writer, scope: Scope, event: Event): Promise<void> {
  await writer
    .insertInto("events")
    .values({
      ...scope,
      id: await nextNumber(writer, scope, "event"),
      at: event.at,
      kind: event.kind,
      actor: event.actor,
      controller_id: event.controllerId ?? null,
      action_id: event.actionId ?? null,
      release_id: event.releaseId ?? null,
      data: JSON.stringify(event.data ?? {}),
      evidence: event.evidence ?? null,
    })
    .execute();
}
