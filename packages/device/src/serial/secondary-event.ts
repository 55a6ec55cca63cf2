import { bytesToHex } from "@sumac/crypto";
import type { LogEntry } from "../log/log-record.ts";
import type { LogResult, LogTypeName } from "../log/log-type.ts";
import type { InstallSubject } from "../operator/install-wait.ts";
import type { SecondaryStep } from "./secondary-peer.ts";

/**
 * What a gateway did to a device behind it, for the gateway's own log. `subject`: as the envelope names itself; for a device
 * with a verifier of its own the gateway has not checked it.
 */
export type SecondaryEvent = { readonly action: string; readonly subject?: InstallSubject } & (
  | { readonly event: "received"; readonly size: number }
  /** Allowed here, and begun: `install` sends, `restart` goes into the new image, `go-back` out of it. */
  | { readonly event: "started"; readonly step: SecondaryStep }
  | { readonly event: "waiting" | "refused" | "failed"; readonly code: string; readonly judgedBy?: "repository" }
  | { readonly event: "confirmed"; readonly how: "updated" | "already-installed" }
);

const types: Readonly<Record<SecondaryEvent["event"], readonly [LogTypeName, LogResult]>> = {
  received: ["secondary-update-received", "success"],
  started: ["secondary-update-started", "success"],
  waiting: ["secondary-update-waiting", "waiting"],
  refused: ["secondary-update-refused", "refused"],
  failed: ["secondary-update-failed", "failure"],
  confirmed: ["secondary-update-confirmed", "success"],
};

/** `secondary`: its name in the gateway's configuration. */
export function secondaryLogEntry(secondary: string, told: SecondaryEvent): LogEntry {
  const [type, result] = types[told.event];
  const { action, subject } = told;
  return {
    source: "agent",
    type,
    result,
    facts: {
      secondary,
      action,
      ...(subject === undefined
        ? {}
        : { sequence: String(subject.sequence), manifestDigest: bytesToHex(subject.manifestDigest) }),
      ...("size" in told ? { size: String(told.size) } : {}),
      ...("step" in told ? { step: told.step } : {}),
      ...("code" in told ? { code: told.code } : {}),
      ...("judgedBy" in told ? { judgedBy: told.judgedBy } : {}),
      ...("how" in told ? { how: told.how } : {}),
    },
  };
}

/** More than one action tells by itself; what comes then is a device or a server that makes up answers. */
const mostOfOneAction = 16;

/** Passes each thing on once for an action, however often the server offers it and the line breaks. */
export class SecondaryTelling {
  readonly #tell: (event: SecondaryEvent) => void;
  #action: string | undefined;
  #told: Set<string> = new Set();

  constructor(tell: (event: SecondaryEvent) => void) {
    this.#tell = tell;
  }

  tell(event: SecondaryEvent): void {
    if (event.action !== this.#action) this.#told = new Set();
    this.#action = event.action;
    const what = "code" in event ? event.code : "step" in event ? event.step : "";
    const said = `${event.event} ${what}`;
    if (this.#told.has(said) || this.#told.size >= mostOfOneAction) return;
    this.#told.add(said);
    this.#tell(event);
  }
}
