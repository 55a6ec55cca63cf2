/** The one number of draft-ietf-suit-firmware-encryption-24 in a manifest ("TBD19" there). Needs `Limits.extensions`. */
export const firmwareEncryption = {
  manifest: {},
  common: {},
  condition: {},
  directive: {},
  parameter: { "encryption-info": 19 },
} as const;
