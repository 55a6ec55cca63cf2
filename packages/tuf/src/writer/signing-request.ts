import { attempt, err, ok, type Result } from "@sumac/cbor";
import type { Crypto } from "@sumac/crypto";
import { asObject, needArray, needInteger, needMember, needObject, needString } from "../json-fields.ts";
import { type JsonMalformed, refuseJson } from "../json-refusal.ts";
import type { JsonObject, PlainJson } from "../json-value.ts";
import { parseStrictJson } from "../strict-json.ts";
import { formatUtcTime, parseUtcTime } from "../utc-time.ts";
import type { Authority } from "./authority.ts";
import { draftFlaw } from "./draft-shape.ts";
import { lifetimeBounds, lifetimeClass } from "./lifetimes.ts";
import { draftDigest, jsonFile } from "./seal-file.ts";
import { plainJson, type WireMetadata } from "./wire-metadata.ts";
import type { CeremonyRefusal } from "./writer-refusal.ts";

/** What a person carries to a key: the exact draft, what it replaces, and who has to sign. */
export interface SigningRequest {
  readonly role: string;
  readonly draft: WireMetadata;
  /** Hex SHA-256 of the canonical draft: the bytes that are signed. */
  readonly digest: string;
  /** The version before, to say what changes. Nobody has verified it on the way: it is never the reason to sign. */
  readonly previous: WireMetadata | undefined;
  readonly needs: readonly RequestedSignatures[];
  /** Names of key holders, for display: by key id. */
  readonly people: ReadonlyMap<string, string>;
}

export interface RequestedSignatures {
  readonly authority: string;
  readonly threshold: number;
  readonly keyIds: readonly string[];
}

/** Sixteen times a full role file; a request is small. */
export const maxRequestBytes = 2_097_152;

const format = "sumac-signing-request-1";

export interface RequestParts {
  readonly role: string;
  readonly draft: WireMetadata;
  readonly previous: WireMetadata | undefined;
  readonly authorities: readonly Authority[];
  readonly people: ReadonlyMap<string, string>;
}

export function serializeRequest(parts: RequestParts, crypto: Crypto): Uint8Array {
  const { role, draft, previous, authorities, people } = parts;
  const mentioned = JSON.stringify([draft, previous ?? null, authorities.map(({ keys }) => [...keys.keys.keys()])]);
  return jsonFile({
    digest: draftDigest(draft, crypto),
    draft: draft as PlainJson,
    format,
    needs: authorities.map(({ name, keys }) => ({
      authority: name,
      keyids: [...keys.keys.keys()],
      threshold: keys.threshold,
    })),
    people: Object.fromEntries([...people].filter(([id]) => mentioned.includes(id))),
    ...(previous === undefined ? {} : { previous: previous as PlainJson }),
    role,
  });
}

/** Reads a request as a signer does who trusts nothing in it: the digest is computed again, the draft read like metadata. */
export function parseRequest(bytes: Uint8Array, crypto: Crypto): Result<SigningRequest, CeremonyRefusal> {
  const json = parseStrictJson(bytes);
  if (!json.ok) return err({ code: "not-a-request", reason: json.error.reason });
  const read = attempt<SigningRequest & { claimed: string }, JsonMalformed>(() =>
    readRequest(json.value as JsonObject),
  );
  if (!read.ok) return err({ code: "not-a-request", reason: `${read.error.field} ${read.error.reason}`.trim() });
  const { claimed, ...request } = read.value;
  const flaw = draftFlaw(request.role, request.draft, crypto);
  if (flaw !== undefined) return err({ code: "not-a-request", reason: flaw });
  // Shown beside the draft, so it has to be of a form that there are words for.
  const past = request.previous === undefined ? undefined : draftFlaw(request.role, request.previous, crypto);
  if (past !== undefined) return err({ code: "not-a-request", reason: `previous: ${past}` });
  const digest = draftDigest(request.draft, crypto);
  return digest === claimed ? ok({ ...request, digest }) : err({ code: "request-altered", claimed, computed: digest });
}

function readRequest(file: JsonObject): SigningRequest & { claimed: string } {
  const outer = asObject(file, "");
  const claimedFormat = needMember(outer, "format", "");
  if (needString(outer, "format", "") !== format) refuseJson("wrong-value", "format", claimedFormat.offset);
  const previous = outer.members.get("previous");
  const people = needObject(outer, "people", "");
  return {
    role: needString(outer, "role", ""),
    draft: plainJson(needObject(outer, "draft", "")) as unknown as WireMetadata,
    previous:
      previous === undefined ? undefined : (plainJson(asObject(previous, "previous")) as unknown as WireMetadata),
    digest: "",
    claimed: needString(outer, "digest", ""),
    needs: needArray(outer, "needs", "").items.map((item) => {
      const need = asObject(item, "needs");
      return {
        authority: needString(need, "authority", "needs"),
        threshold: needInteger(need, "threshold", "needs", 1),
        keyIds: needArray(need, "keyids", "needs").items.flatMap((id) => (id.kind === "string" ? [id.value] : [])),
      };
    }),
    people: new Map([...people.members.keys()].map((id) => [id, nameOf(people, id)])),
  };
}

/** As long as the settings of a repository allow: a name is one word in a line. */
function nameOf(people: JsonObject, id: string): string {
  const name = needString(people, id, "people");
  return name.length <= 64 ? name : refuseJson("wrong-value", "people", needMember(people, id, "people").offset);
}

/** What the clock of the one who signs, or combines, has to say to a draft. */
export function draftTimeFlaw({ role, draft }: SigningRequest, now: bigint): CeremonyRefusal | undefined {
  const { expires } = draft;
  const end = parseUtcTime(expires) ?? 0n;
  const facts = { role, expires, now: formatUtcTime(now) };
  if (now >= end) return { code: "draft-expired", ...facts };
  // A day for time zones set wrong and slow couriers.
  const most = BigInt(Math.max(lifetimeBounds[lifetimeClass(role)].most, lifetimeBounds.offline.most) + 86_400);
  return end - now > most ? { code: "draft-lives-too-long", ...facts } : undefined;
}
