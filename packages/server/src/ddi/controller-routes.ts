import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { findAction } from "../actions/action-row.ts";
import { markRetrieved, offerAction } from "../actions/offer.ts";
import { parseAttributeReport } from "../devices/attributes.ts";
import { reportAttributes } from "../devices/report-attributes.ts";
import { deviceOf } from "../http/decorations.ts";
import { replyRefusal } from "../http/reply-refusal.ts";
import type { ServerContext } from "../server-context.ts";
import type { ActionRow, DeviceRow } from "../store/schema.ts";
import { parseActionId } from "./action-id.ts";
import { controllerUrl } from "./controller-url.ts";
import { type DeploymentBody, describeDeployment, updateMode } from "./deployment.ts";
import { parseLenientJson } from "./lenient-json.ts";
import { pollingSleep } from "./sleep.ts";

/** Poll, attributes, and the three descriptions of an action. */
export function registerControllerRoutes(ddi: FastifyInstance, context: ServerContext): void {
  const { store, limits, now } = context;
  const policy = { maxAttempts: limits.attempts, sleepMs: context.pollingSleepSeconds * 1000 };

  ddi.get("", { config: { log: "debug" } }, async (request, reply) => {
    const device = deviceOf(request);
    const action = await offerAction(store, device, now(), policy);
    const sleep = pollingSleep(context.pollingSleepSeconds, context.chance());
    return reply.send({
      config: { polling: { sleep } },
      _links: pollLinks(controllerUrl(context, request, device), device, action),
    });
  });

  ddi.put("/configData", async (request, reply) => {
    const device = deviceOf(request);
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
    const report = parseAttributeReport(parseLenientJson(new TextDecoder().decode(body)).value, limits);
    if (!report.ok) return replyRefusal(reply, report.error);
    const evidence = createHash("sha256").update(body).digest("hex");
    const stored = await reportAttributes(store, device, report.value, evidence, now(), limits);
    // Exactly 200: with 204 one client never installs (server.md 1 fact 6).
    return stored.ok ? reply.code(200).send() : replyRefusal(reply, stored.error);
  });

  ddi.get<{ Params: { id: string } }>("/deploymentBase/:id", { config: { log: "debug" } }, async (request, reply) => {
    const device = deviceOf(request);
    const action = await actionOfDevice(device, request.params.id);
    if (action?.link !== "open" || action.cancel === "requested") return replyRefusal(reply, { code: "not-found" });
    await markRetrieved(store, action, now());
    return reply.send(await describe(action, request, device));
  });

  ddi.get<{ Params: { id: string } }>("/cancelAction/:id", { config: { log: "debug" } }, async (request, reply) => {
    const action = await actionOfDevice(deviceOf(request), request.params.id);
    if (action?.link !== "open" || action.cancel !== "requested") return replyRefusal(reply, { code: "not-found" });
    const id = String(action.id);
    return reply.send({ id, cancelAction: { stopId: id } });
  });

  ddi.get<{ Params: { id: string } }>("/installedBase/:id", { config: { log: "debug" } }, async (request, reply) => {
    const device = deviceOf(request);
    const action = await actionOfDevice(device, request.params.id);
    if (action?.state !== "running-verified") return replyRefusal(reply, { code: "not-found" });
    return reply.send(await describe(action, request, device));
  });

  const describe = (action: ActionRow, request: FastifyRequest, device: DeviceRow): Promise<DeploymentBody> =>
    describeDeployment(store, action, controllerUrl(context, request, device), (sha256) =>
      context.repository?.targetPath(sha256),
    );

  async function actionOfDevice(device: DeviceRow, text: string): Promise<ActionRow | undefined> {
    const id = parseActionId(text);
    return id === undefined
      ? undefined
      : store.read((reader) => findAction(reader, store.scope, id, device.controller_id));
  }
}

interface PollLinks {
  readonly cancelAction?: { readonly href: string };
  readonly deploymentBase?: { readonly href: string };
  readonly installedBase?: { readonly href: string };
  readonly configData?: { readonly href: string };
}

/** Only one of cancelAction and deploymentBase; attributes are asked for when they are unknown or may have changed. */
function pollLinks(url: string, device: DeviceRow, action: ActionRow | undefined): PollLinks {
  return {
    ...(action === undefined ? {} : actionLink(url, action)),
    ...(device.installed_action === null
      ? {}
      : { installedBase: { href: `${url}/installedBase/${device.installed_action}` } }),
    ...(device.attributes_wanted === 1 ? { configData: { href: `${url}/configData` } } : {}),
  };
}

const actionLink = (url: string, action: ActionRow): PollLinks =>
  action.cancel === "requested"
    ? { cancelAction: { href: `${url}/cancelAction/${action.id}` } }
    : { deploymentBase: { href: `${url}/deploymentBase/${action.id}?c=${updateMode(action)}` } };
