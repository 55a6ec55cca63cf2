import type { Result } from "@sumac/cbor";
import { coreLimits } from "@sumac/suit";
import { judgeUpdate } from "./judge-update.ts";
import type { Rejection } from "./rejection.ts";
import type { VerifiedUpdate, VerifyContext } from "./verify-envelope.ts";

/**
 * `verifyEnvelope` for a small device or a page: manifest-37 in the classic profile. It carries no extension, no
 * dependencies and no other profile, and refuses what needs them; text is matched against its digest and not looked into.
 */
export const verifyEnvelope = (bytes: Uint8Array, context: VerifyContext): Result<VerifiedUpdate, Rejection> =>
  judgeUpdate(bytes, { ...context, limits: context.limits ?? coreLimits }, {});
