export { explain } from "./explain.ts";
export type { OpenedTokenKey, PinRequest } from "./open-key.ts";
export type { Pkcs11Refusal, Pkcs11Warning, UriFlaw } from "./pkcs11-refusal.ts";
export { type Pkcs11Uri, parsePkcs11Uri } from "./pkcs11-uri.ts";
