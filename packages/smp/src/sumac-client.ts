/** Sumac's own group, from the asking end. docs/spec/serial.md describes the messages. */
import { type CborValue, err, ok, type Result } from "@sumac/cbor";
import { concatBytes } from "@sumac/crypto";
import {
  type UploadFailure,
  type UploadOptions,
  type UploadProgress,
  type UploadSource,
  uploadChunks,
} from "./chunk-upload.ts";
import { heldBytes } from "./held-bytes.ts";
import type { RequestFailure, SmpClient, SmpRequest } from "./smp-client.ts";
import { readEventFields, type SumacEvent } from "./sumac-event.ts";
import { readIdentityFields, type SumacIdentity } from "./sumac-identity.ts";
import { type SumacAction, type SumacCommand, sumacCommand, sumacGroup } from "./sumac-labels.ts";
import { readVerdictFields, type SumacVerdict } from "./sumac-verdict.ts";
import { ask, askForRestart, type CommandFailure, type RestartBegun } from "./typed-request.ts";

const sumac = (
  operation: SmpRequest["operation"],
  command: SumacCommand,
  body: Readonly<Record<string, CborValue | undefined>> = {},
): SmpRequest => ({ operation, group: sumacGroup, id: sumacCommand[command], body });

/** A first chunk said twice is taken once here: a lost answer need not cost the time of an erase. */
const patience = { eraseTimeout: 5000, eraseRetries: 5 };

/** A device without the group refuses it as `not-supported`: that tells a Sumac device from another. */
export const readIdentity = (client: SmpClient): Promise<Result<SumacIdentity, CommandFailure>> =>
  ask(client, sumac("read", "identity"), readIdentityFields);

/** Sends a whole envelope. That it arrived says nothing: what the device makes of it is its verdict. */
export const sendEnvelope = (
  client: SmpClient,
  envelope: UploadSource,
  options: UploadOptions,
): Promise<Result<UploadProgress, UploadFailure>> =>
  uploadChunks(
    client,
    envelope,
    {
      group: sumacGroup,
      id: sumacCommand.envelope,
      first: { len: envelope.length, sha: envelope.sha256 },
    },
    { ...patience, ...options },
  );

export const readVerdict = (client: SmpClient): Promise<Result<SumacVerdict, CommandFailure>> =>
  ask(client, sumac("read", "verdict"), readVerdictFields);

/** Sends the payload that the device wants; `uri` = the one its verdict names. `from` = the offset there. */
export const sendPayload = (
  client: SmpClient,
  uri: string,
  payload: UploadSource,
  options: UploadOptions,
): Promise<Result<UploadProgress, UploadFailure>> =>
  uploadChunks(
    client,
    payload,
    {
      group: sumacGroup,
      id: sumacCommand.payload,
      first: { uri, len: payload.length },
    },
    { ...patience, ...options },
  );

/** Both may be said twice and are done once. */
export const actOn = (
  client: SmpClient,
  action: Exclude<SumacAction, "restart">,
): Promise<Result<undefined, CommandFailure>> => ask(client, sumac("write", "act", { do: action }), () => undefined);

export const restartDevice = (client: SmpClient): Promise<Result<RestartBegun, RequestFailure>> =>
  askForRestart(client, sumac("write", "act", { do: "restart" }));

/** The device changed its report while it was read, or sends one without an end. */
export type ReportFailure =
  | CommandFailure
  | { readonly code: "report-changed" }
  | { readonly code: "report-too-long"; readonly size: number; readonly limit: number };

/** Bytes of a part of a report that is not its last; every message holds more. */
const shortestPart = 32;

/** Reads the signed report; bytes as the device made them, for whoever verifies them. */
export async function readReport(
  client: SmpClient,
  { most = 65_536 }: { readonly most?: number } = {},
): Promise<Result<Uint8Array, ReportFailure>> {
  const parts: Uint8Array[] = [];
  let size: number | undefined;
  for (let off = 0; size === undefined || off < size; ) {
    const part = await ask(client, sumac("read", "report", { off }), (fields) => {
      const length = fields.whole("len");
      // A byte at a time would keep the reader for days.
      const least = Math.max(1, Math.min(shortestPart, length - off));
      return { off: fields.whole("off"), size: length, data: fields.bytes("data", most, least) };
    });
    if (!part.ok) return part;
    if (part.value.size > most) return err({ code: "report-too-long", size: part.value.size, limit: most });
    size ??= part.value.size;
    const end = off + part.value.data.length;
    if (part.value.off !== off || part.value.size !== size || end > size) return err({ code: "report-changed" });
    parts.push(part.value.data);
    off = end;
  }
  return ok(concatBytes(...parts));
}

export interface EventOptions {
  /** Number of the last entry that is known; 0 = from the beginning. */
  readonly after: number;
  /** Entries; a device that makes them up without end is left at this number. */
  readonly most: number;
  /** What the entries together may take of the memory: the longest answer for each would fill it. */
  readonly mostBytes?: number;
}

export type LogFailure = CommandFailure | { readonly code: "log-too-long"; readonly limit: number };

export async function readEvents(
  client: SmpClient,
  { after, most, mostBytes = 16 * 1024 * 1024 }: EventOptions,
): Promise<Result<readonly SumacEvent[], LogFailure>> {
  const found: SumacEvent[] = [];
  let held = 0;
  for (let known = after; found.length < most; ) {
    const page = await ask(client, sumac("read", "log", { after: known }), (fields) => {
      const { events, last } = readEventFields(fields);
      const rises = events.every(({ number }, i) => number > (events[i - 1]?.number ?? known));
      return rises ? { events, last } : fields.refuse("events");
    });
    if (!page.ok) return page;
    for (const { code, facts } of page.value.events) held += heldBytes(code) + heldBytes(facts);
    if (held > mostBytes) return err({ code: "log-too-long", limit: mostBytes });
    found.push(...page.value.events);
    const newest = page.value.events.at(-1)?.number;
    if (newest === undefined || newest >= page.value.last) break;
    known = newest;
  }
  return ok(found.slice(0, most));
}
