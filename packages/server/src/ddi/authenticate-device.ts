import { isControllerId, matchesPattern } from "../devices/controller-id.ts";
import { adoptDevice, findDevice } from "../devices/device-row.ts";
import type { DeviceRow } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import { credentials, tokenMatches } from "../tokens/token.ts";
import { findToken } from "../tokens/token-store.ts";

/**
 * The device a request speaks for, or undefined: one answer for no token, a wrong one, another device's and an unknown
 * device, so that nobody learns which ids exist. A gateway token brings its devices into being, within its pattern.
 */
export async function authenticateDevice(
  store: Store,
  controllerId: string,
  authorization: string | undefined,
  now: number,
): Promise<DeviceRow | undefined> {
  if (!isControllerId(controllerId)) return undefined;
  const own = credentials(authorization, "TargetToken");
  if (own !== undefined) {
    const device = await store.read((reader) => findDevice(reader, store.scope, controllerId));
    return tokenMatches(own, device?.token_hash ?? undefined) ? device : undefined;
  }
  const shared = credentials(authorization, "GatewayToken");
  if (shared === undefined) return undefined;
  const gateway = await findToken(store, shared);
  if (gateway?.role !== "gateway" || !matchesPattern(gateway.pattern ?? "", controllerId)) return undefined;
  const known = await store.read((reader) => findDevice(reader, store.scope, controllerId));
  return known ?? adoptDevice(store, controllerId, gateway.label, now);
}
