import { encryptionRejected } from "./suit-firmware-encryption.ts";
import { authenticationRows } from "./suit-reject-authentication.ts";
import { commandRows } from "./suit-reject-commands.ts";
import { encodingRows } from "./suit-reject-encoding.ts";
import { envelopeRows } from "./suit-reject-envelope.ts";
import { limitRows } from "./suit-reject-limits.ts";
import { machineRows } from "./suit-reject-machine.ts";
import { manifestRows } from "./suit-reject-manifest.ts";
import { parameterRows } from "./suit-reject-parameters.ts";
import { recipientRows } from "./suit-reject-recipient.ts";
import { trustDomainsRejected } from "./suit-trust-domains.ts";
import { updateManagementRejected } from "./suit-update-management.ts";
import { type RejectedEnvelope, rejected } from "./suit-vector.ts";
import type { Vector } from "./vector-file.ts";

const rows: readonly RejectedEnvelope[] = [
  ...encodingRows,
  ...limitRows,
  ...envelopeRows,
  ...authenticationRows,
  ...manifestRows,
  ...commandRows,
  ...parameterRows,
  ...machineRows,
  ...recipientRows,
  ...updateManagementRejected,
  ...encryptionRejected,
  ...trustDomainsRejected,
];

export const suitRejected: readonly Vector[] = rows.map((row) => {
  try {
    return rejected(row);
  } catch (error) {
    throw new Error(row.name, { cause: error });
  }
});
