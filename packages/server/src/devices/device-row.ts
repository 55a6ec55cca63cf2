import { appendEvent } from "../store/event.ts";
import type { DeviceRow, Scope } from "../store/schema.ts";
import { inScope, type Reader, type Store, type Writer } from "../store/store.ts";
import { mintToken, tokenHash } from "../tokens/token.ts";
import type { Profile } from "./profile.ts";

export const findDevice = (reader: Reader, scope: Scope, controllerId: string): Promise<DeviceRow | undefined> =>
  reader
    .selectFrom("devices")
    .selectAll()
    .where(inScope(scope, "devices"))
    .where("controller_id", "=", controllerId)
    .executeTakeFirst();

/** Creates a device with a token of its own, shown once; undefined if the id is taken. */
export function registerDevice(
  store: Store,
  controllerId: string,
  profile: Profile,
  actor: string,
  at: number,
): Promise<{ readonly targetToken: string } | undefined> {
  return store.write(async (writer) => {
    if ((await findDevice(writer, store.scope, controllerId)) !== undefined) return undefined;
    const targetToken = mintToken();
    await insertDevice(writer, store.scope, { controllerId, profile, tokenHash: tokenHash(targetToken), actor, at });
    return { targetToken };
  });
}

/** A device that a gateway speaks for exists from its first word on; it has no token of its own. */
export function adoptDevice(store: Store, controllerId: string, gateway: string, at: number): Promise<DeviceRow> {
  return store.write(async (writer) => {
    const known = await findDevice(writer, store.scope, controllerId);
    if (known !== undefined) return known;
    const actor = `token:${gateway}`;
    return insertDevice(writer, store.scope, { controllerId, profile: "signed-report", tokenHash: null, actor, at });
  });
}

/** Gives a known device a new token; the old one stops working. Undefined if there is no such device. */
export function replaceDeviceToken(
  store: Store,
  controllerId: string,
  actor: string,
  at: number,
): Promise<{ readonly targetToken: string } | undefined> {
  const { scope } = store;
  return store.write(async (writer) => {
    if ((await findDevice(writer, scope, controllerId)) === undefined) return undefined;
    const targetToken = mintToken();
    await writer
      .updateTable("devices")
      .set({ token_hash: tokenHash(targetToken) })
      .where(inScope(scope, "devices"))
      .where("controller_id", "=", controllerId)
      .execute();
    await appendEvent(writer, scope, { kind: "device-token-replaced", at, actor, controllerId });
    return { targetToken };
  });
}

interface NewDevice {
  readonly controllerId: string;
  readonly profile: Profile;
  readonly tokenHash: string | null;
  readonly actor: string;
  readonly at: number;
}

async function insertDevice(writer: Writer, scope: Scope, device: NewDevice): Promise<DeviceRow> {
  const { at, actor, controllerId, profile } = device;
  const row = await writer
    .insertInto("devices")
    .values({
      ...scope,
      controller_id: controllerId,
      profile,
      token_hash: device.tokenHash,
      attributes: "{}",
      attributes_at: null,
      attributes_wanted: 1,
      vendor_id: null,
      class_id: null,
      installed_sequence: null,
      installed_digest: null,
      installed_action: null,
      last_seen_at: null,
      last_address: null,
      created_at: at,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  await appendEvent(writer, scope, { kind: "device-registered", at, actor, controllerId, data: { profile } });
  return row;
}
