/**
 * What the update server says, from untrusted JSON into types. It is advice: which release to look at and where.
 * Whether that release may be installed is decided from signed bytes, elsewhere.
 */
import { err, ok, type Result } from "@sumac/cbor";

export interface DdiPoll {
  /** Until the next poll: 1 second to 24 hours. */
  readonly sleepMs: number;
  /** Absolute addresses on the configured origin; absent when the server has nothing to say. */
  readonly deploymentBase?: string;
  readonly cancelAction?: string;
  readonly configData?: string;
}

export type DdiHandling = "forced" | "attempt" | "skip";

export interface DdiDeployment {
  /** Decimal, 1 to 2147483647. */
  readonly actionId: string;
  readonly download: DdiHandling;
  readonly update: DdiHandling;
  readonly maintenanceWindow?: "available" | "unavailable";
  readonly chunks: readonly DdiChunk[];
}

export interface DdiChunk {
  readonly part: string;
  readonly name: string;
  readonly version: string;
  readonly artifacts: readonly DdiArtifact[];
  readonly metadata?: readonly { readonly key: string; readonly value: string }[];
}

/** The announced size and digests are the server's word only; the signed manifest decides. */
export interface DdiArtifact {
  /** A plain name: no separator, no control character, never `.` or `..`. */
  readonly filename: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly hashes: { readonly sha1?: string; readonly md5?: string; readonly sha256?: string };
  /** Absolute, on the configured origin. */
  readonly href: string;
}

export interface DdiCancellation {
  readonly stopId: string;
}

/** `field` is a dotted path into the JSON document; empty for the document itself. */
export interface BadReply {
  readonly code: "malformed-answer" | "foreign-link";
  readonly field: string;
}

/** Where links are resolved, and the only place they may lead to. */
export interface LinkBase {
  readonly baseUrl: string;
  readonly origin: string;
}

const day = 86_400_000;
const maxChunks = 16;
const maxArtifacts = 64;
const maxMetadata = 64;
const maxTextLength = 256;
const maxHrefLength = 2048;
type Members = ReadonlyMap<string, unknown>;
const noMembers: Members = new Map();
const handlings = ["forced", "attempt", "skip"] as const;

/** RFC 8259 text in UTF-8, no byte order mark. */
export function parseReply(bytes: Uint8Array): Result<unknown, BadReply> {
  try {
    return ok(JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)) as unknown);
  } catch {
    return err({ code: "malformed-answer", field: "" });
  }
}

export function parsePoll(reply: unknown, base: LinkBase): Result<DdiPoll, BadReply> {
  return reading(() => {
    const top = objectAt(reply, "");
    const polling = objectAt(objectAt(top.get("config"), "config").get("polling"), "config.polling");
    const links = top.get("_links") === undefined ? noMembers : objectAt(top.get("_links"), "_links");
    return {
      sleepMs: sleepAt(polling.get("sleep"), "config.polling.sleep"),
      ...linkIfAny(links, "deploymentBase", base),
      ...linkIfAny(links, "cancelAction", base),
      ...linkIfAny(links, "configData", base),
    };
  });
}

export function parseDeployment(reply: unknown, base: LinkBase): Result<DdiDeployment, BadReply> {
  return reading(() => {
    const top = objectAt(reply, "");
    const deployment = objectAt(top.get("deployment"), "deployment");
    const window = deployment.get("maintenanceWindow");
    return {
      actionId: actionIdAt(top.get("id"), "id"),
      download: oneOf(handlings, deployment.get("download"), "deployment.download"),
      update: oneOf(handlings, deployment.get("update"), "deployment.update"),
      ...(window === undefined
        ? {}
        : {
            maintenanceWindow: oneOf(["available", "unavailable"] as const, window, "deployment.maintenanceWindow"),
          }),
      chunks: listAt(deployment.get("chunks"), "deployment.chunks", maxChunks).map(([chunk, field]) =>
        chunkAt(chunk, field, base),
      ),
    };
  });
}

export function parseCancellation(reply: unknown): Result<DdiCancellation, BadReply> {
  return reading(() => {
    const cancel = objectAt(objectAt(reply, "").get("cancelAction"), "cancelAction");
    return { stopId: actionIdAt(cancel.get("stopId"), "cancelAction.stopId") };
  });
}

/** Decimal, 1 to 2147483647: what every DDI client can hold. */
export const isActionId = (id: string): boolean => /^[1-9]\d{0,9}$/.test(id) && Number(id) <= 2_147_483_647;

function chunkAt(value: unknown, field: string, base: LinkBase): DdiChunk {
  const chunk = objectAt(value, field);
  return {
    part: textAt(chunk.get("part"), `${field}.part`),
    name: textAt(chunk.get("name"), `${field}.name`),
    version: textAt(chunk.get("version"), `${field}.version`),
    artifacts: listAt(chunk.get("artifacts"), `${field}.artifacts`, maxArtifacts).map(([artifact, at]) =>
      artifactAt(artifact, at, base),
    ),
    ...(chunk.get("metadata") === undefined
      ? {}
      : { metadata: metadataAt(chunk.get("metadata"), `${field}.metadata`) }),
  };
}

function metadataAt(value: unknown, field: string): NonNullable<DdiChunk["metadata"]> {
  return listAt(value, field, maxMetadata).map(([entry, at]) => {
    const pair = objectAt(entry, at);
    return { key: textAt(pair.get("key"), `${at}.key`), value: textAt(pair.get("value"), `${at}.value`) };
  });
}

function artifactAt(value: unknown, field: string, base: LinkBase): DdiArtifact {
  const artifact = objectAt(value, field);
  const hashes = artifact.get("hashes") === undefined ? noMembers : objectAt(artifact.get("hashes"), `${field}.hashes`);
  const links = objectAt(artifact.get("_links"), `${field}._links`);
  const name = links.get("download") === undefined ? "download-http" : "download";
  return {
    filename: filenameAt(artifact.get("filename"), `${field}.filename`),
    size: sizeAt(artifact.get("size"), `${field}.size`),
    hashes: {
      ...hashIfAny(hashes, "sha1", 40, field),
      ...hashIfAny(hashes, "md5", 32, field),
      ...hashIfAny(hashes, "sha256", 64, field),
    },
    href: linkAt(links.get(name), `${field}._links.${name}`, base),
  };
}

/** Unwinds out of a nested reply; only `reading` catches it. */
class BadField extends Error {
  readonly reply: BadReply;
  constructor(field: string, code: BadReply["code"] = "malformed-answer") {
    super(code);
    this.reply = { code, field };
  }
}

function reading<T>(read: () => T): Result<T, BadReply> {
  try {
    return ok(read());
  } catch (error) {
    if (error instanceof BadField) return err(error.reply);
    throw error;
  }
}

/** A map has no prototype: a member called `constructor` or `__proto__` is a plain member. */
function objectAt(value: unknown, field: string): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new BadField(field);
  return new Map(Object.entries(value));
}

function listAt(value: unknown, field: string, maxLength: number): [unknown, string][] {
  if (!Array.isArray(value) || value.length > maxLength) throw new BadField(field);
  return value.map((entry: unknown, index) => [entry, `${field}[${index}]`]);
}

function textAt(value: unknown, field: string): string {
  if (typeof value !== "string" || value.length > maxTextLength) throw new BadField(field);
  return value;
}

function filenameAt(value: unknown, field: string): string {
  const name = textAt(value, field);
  // Control characters, both separators; a device writes files under this name.
  if (name === "" || name === "." || name === ".." || /[\p{Cc}/\\]/u.test(name)) throw new BadField(field);
  return name;
}

function sizeAt(value: unknown, field: string): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new BadField(field);
  return value;
}

function actionIdAt(value: unknown, field: string): string {
  if (typeof value !== "string" || !isActionId(value)) throw new BadField(field);
  return value;
}

function oneOf<const T extends string>(allowed: readonly T[], value: unknown, field: string): T {
  const found = allowed.find((name) => name === value);
  if (found === undefined) throw new BadField(field);
  return found;
}

function sleepAt(value: unknown, field: string): number {
  const parts = typeof value === "string" ? /^(\d\d):([0-5]\d):([0-5]\d)$/.exec(value) : null;
  if (parts === null) throw new BadField(field);
  const seconds = Number(parts[1]) * 3600 + Number(parts[2]) * 60 + Number(parts[3]);
  return Math.min(Math.max(seconds * 1000, 1000), day);
}

function hashIfAny<Name extends "sha1" | "md5" | "sha256">(
  hashes: Members,
  name: Name,
  length: number,
  field: string,
): { readonly [key in Name]?: string } {
  const value = hashes.get(name);
  if (value === undefined) return {};
  if (typeof value !== "string" || value.length !== length || !/^[0-9a-f]*$/.test(value)) {
    throw new BadField(`${field}.hashes.${name}`);
  }
  return { [name]: value } as { readonly [key in Name]?: string };
}

function linkIfAny<Name extends "deploymentBase" | "cancelAction" | "configData">(
  links: Members,
  name: Name,
  base: LinkBase,
): { readonly [key in Name]?: string } {
  if (links.get(name) === undefined) return {};
  return { [name]: linkAt(links.get(name), `_links.${name}`, base) } as { readonly [key in Name]?: string };
}

/** A HAL link. Another origin, or user and password in the address, is refused (RFC 9124 THREAT.NET.REDIRECT). */
function linkAt(value: unknown, field: string, base: LinkBase): string {
  const href = objectAt(value, field).get("href");
  if (typeof href !== "string" || href.length > maxHrefLength || !URL.canParse(href, base.baseUrl)) {
    throw new BadField(`${field}.href`);
  }
  const url = new URL(href, base.baseUrl);
  if (url.origin !== base.origin || url.username !== "" || url.password !== "") {
    throw new BadField(`${field}.href`, "foreign-link");
  }
  url.hash = "";
  return url.href;
}
