import { ok, type Result } from "@sumac/cbor";
import { actionOf, saveAction } from "../actions/action-row.ts";
import { decideAttributes } from "../actions/decide-feedback.ts";
import type { Limits } from "../limits.ts";
import { appendEvent } from "../store/event.ts";
import type { DeviceRow, Scope } from "../store/schema.ts";
import { inScope, type Store, type Writer } from "../store/store.ts";
import {
  type AttributeRefusal,
  type AttributeReport,
  applyAttributes,
  attributesFromJson,
  attributesToJson,
  identityOf,
} from "./attributes.ts";
import { findDevice } from "./device-row.ts";

/** Stores what a device says of itself, and settles the actions that this answers. */
export function reportAttributes(
  store: Store,
  device: DeviceRow,
  report: AttributeReport,
  evidence: string,
  at: number,
  limits: Limits,
): Promise<Result<void, AttributeRefusal>> {
  const { scope } = store;
  return store.write(async (writer): Promise<Result<void, AttributeRefusal>> => {
    const row = (await findDevice(writer, scope, device.controller_id)) ?? device;
    const after = applyAttributes(attributesFromJson(row.attributes), report, limits);
    if (!after.ok) return after;
    const attributes = attributesToJson(after.value);
    const identity = identityOf(after.value);
    await writer
      .updateTable("devices")
      .set({ ...identity, attributes, attributes_at: at, attributes_wanted: 0 })
      .where(inScope(scope, "devices"))
      .where("controller_id", "=", row.controller_id)
      .execute();
    if (attributes !== row.attributes) {
      await appendEvent(writer, scope, {
        kind: "attributes-reported",
        at,
        actor: `device:${row.controller_id}`,
        controllerId: row.controller_id,
        evidence,
        data: { mode: report.mode, attributes: Object.fromEntries(after.value) },
      });
    }
    await settle(writer, scope, row.controller_id, identity.installed_digest, evidence, at);
    return ok(undefined);
  });
}

async function settle(
  writer: Writer,
  scope: Scope,
  controllerId: string,
  digest: string | null,
  evidence: string,
  at: number,
): Promise<void> {
  if (digest === null) return;
  const rows = await writer
    .selectFrom("actions")
    .innerJoin("releases", (join) =>
      join
        .onRef("releases.tenant", "=", "actions.tenant")
        .onRef("releases.site", "=", "actions.site")
        .onRef("releases.id", "=", "actions.release_id"),
    )
    .selectAll("actions")
    .where(inScope(scope, "actions"))
    .where("actions.controller_id", "=", controllerId)
    .where("releases.manifest_digest", "=", digest)
    .where((eb) => eb.or([eb("actions.link", "=", "open"), eb("actions.state", "=", "installed-pending-restart")]))
    .execute();
  for (const row of rows) {
    const change = { at, actor: `device:${controllerId}`, evidence };
    await saveAction(writer, scope, row, decideAttributes(actionOf(row)), change);
  }
}
