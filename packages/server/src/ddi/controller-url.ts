import type { FastifyRequest } from "fastify";
import type { ServerContext } from "../server-context.ts";
import type { DeviceRow } from "../store/schema.ts";
import { baseUrl } from "./base-url.ts";

/** The absolute DDI base of a device, as links begin. */
export function controllerUrl(context: ServerContext, request: FastifyRequest, device: DeviceRow): string {
  const base = baseUrl(request.headers.host, context.publicUrl, context.listeningUrl());
  return `${base}/${encodeURIComponent(device.tenant)}/controller/v1/${encodeURIComponent(device.controller_id)}`;
}
