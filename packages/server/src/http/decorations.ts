import type { FastifyRequest } from "fastify";
import type { DeviceRow, TokenRow } from "../store/schema.ts";

/** What the hooks find out before a handler runs. A handler behind the wrong hook fails at once. */
declare module "fastify" {
  interface FastifyRequest {
    device: DeviceRow | null;
    bearer: TokenRow | null;
  }
}

export function deviceOf(request: FastifyRequest): DeviceRow {
  if (request.device === null) throw new Error("this route has no device authentication");
  return request.device;
}

export function bearerOf(request: FastifyRequest): TokenRow {
  if (request.bearer === null) throw new Error("this route has no token authentication");
  return request.bearer;
}
