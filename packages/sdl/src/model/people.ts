import { date, described, hex64, id, list, oneOf, pem, record, type Shape, text, webAddress } from "./shape.ts";
import { type Role, role } from "./vocabulary.ts";

/** `.sdl/roles.yaml`: people by id only; names stay with the vendor. */
export interface Roles {
  readonly people: readonly Person[];
}

export interface Person {
  readonly id: string;
  readonly roles: readonly Role[];
  readonly keys: readonly string[];
  readonly training: readonly { readonly topic: string; readonly done: string; readonly expires: string }[];
}

export const roles: Shape<Roles> = record({
  people: list(
    record({
      id: described("a person by id, never by name", id),
      roles: list(role, 1),
      keys: described("key ids of keys.yaml", list(hex64)),
      training: list(record({ topic: text, done: date, expires: date })),
    }),
    1,
  ),
});

/** `.sdl/keys.yaml`: public halves only. */
export interface Keys {
  readonly keys: readonly Key[];
}

export interface Key {
  /** As `keyId` of cose, hex. */
  readonly kid: string;
  readonly public: string;
  readonly storage: "file" | "token" | "hsm" | "test-only";
  readonly ceremony: string;
  readonly valid_from: string;
  readonly valid_until: string;
  readonly revoked?: { readonly on: string; readonly reason: string };
}

export const keys: Shape<Keys> = record({
  keys: list(
    record(
      {
        kid: described("key id as `sumac keys show` prints it", hex64),
        public: described("public key as PEM", pem),
        storage: oneOf("file", "token", "hsm", "test-only"),
        ceremony: described("where the making of the key is recorded", text),
        valid_from: date,
        valid_until: date,
      },
      { revoked: record({ on: date, reason: text }) },
    ),
  ),
});

/** `.sdl/suppliers.yaml` (SM-9, SM-10). */
export interface Suppliers {
  readonly suppliers: readonly {
    readonly id: string;
    readonly delivers: readonly string[];
    readonly security_duties: "contract" | "open-source" | "none";
    readonly certificate?: { readonly scheme: string; readonly expires: string };
    readonly contact: string;
    readonly advisories: string;
    readonly risk: "low" | "medium" | "high";
    readonly reviewed: string;
  }[];
}

export const suppliers: Shape<Suppliers> = record({
  suppliers: list(
    record(
      {
        id,
        delivers: list(text, 1),
        security_duties: oneOf("contract", "open-source", "none"),
        contact: text,
        advisories: described("where its advisories are read", webAddress),
        risk: oneOf("low", "medium", "high"),
        reviewed: date,
      },
      { certificate: record({ scheme: text, expires: date }) },
    ),
  ),
});
