import { type CborItem, err, malformed, ok, type Result } from "@sumac/cbor";
import type { Crypto, PublicKey } from "@sumac/crypto";
import type { DeviceKey } from "../statement/device-key.ts";
import { type StatementRefusal, signStatement, verifyStatement } from "../statement/device-statement.ts";
import type { LogEnds, RingEnds } from "./event-log.ts";
import type { ChainPlace } from "./log-record.ts";

/** What the device key signs of a log (CR 3.9): which device, when, and both ends of both chains. */
export interface LogHead {
  /** As the device is named where its logs are read. */
  readonly device: string;
  /** Seconds since 1970; undefined = the device has no trusted time. */
  readonly time: bigint | undefined;
  readonly ends: LogEnds;
}

const kind = "sumac event log head 1";

export const signLogHead = (head: LogHead, key: DeviceKey, crypto: Crypto): Promise<Uint8Array> =>
  signStatement(
    kind,
    [
      head.device,
      head.time ?? null,
      ...[head.ends.general, head.ends.reserved].map(({ anchor, next }) => [
        anchor.index,
        anchor.previous,
        next.index,
        next.previous,
      ]),
    ],
    key,
    crypto,
  );

/** The head, if this device signed it. Whether the log fits it is for `LogVerifier`. */
export function verifyLogHead(
  bytes: Uint8Array,
  deviceKey: PublicKey,
  crypto: Crypto,
): Result<LogHead, StatementRefusal> {
  const content = verifyStatement(bytes, kind, deviceKey, crypto);
  if (!content.ok) return content;
  const wrong = (): Result<never, StatementRefusal> => err(malformed("wrong-value", "log-head", 0));
  const [device, time, general, reserved, ...rest] = content.value;
  if (device?.kind !== "text" || rest.length > 0) return wrong();
  const ends = { general: readEnds(general), reserved: readEnds(reserved) };
  const hasTime = time?.kind === "integer" && time.value >= 0;
  const hasNone = time?.kind === "simple" && time.value === null;
  if (ends.general === undefined || ends.reserved === undefined || !(hasTime || hasNone)) return wrong();
  return ok({
    device: device.value,
    time: hasTime ? BigInt(time.value) : undefined,
    ends: { general: ends.general, reserved: ends.reserved },
  });
}

function readEnds(item: CborItem | undefined): RingEnds | undefined {
  if (item?.kind !== "array" || item.items.length !== 4) return undefined;
  const [first, before, index, last] = item.items;
  const [anchor, next] = [readPlace(first, before), readPlace(index, last)];
  return anchor && next && { anchor, next };
}

function readPlace(index: CborItem | undefined, previous: CborItem | undefined): ChainPlace | undefined {
  if (index?.kind !== "integer" || typeof index.value !== "number" || index.value < 0) return undefined;
  if (previous?.kind !== "bytes" || previous.value.length !== 32) return undefined;
  return { index: index.value, previous: previous.value };
}
