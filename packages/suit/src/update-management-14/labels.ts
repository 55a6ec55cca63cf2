/**
 * UNSTABLE. Every number that Sumac takes from draft-ietf-suit-update-management-14, which is still moving: a new
 * revision gets a folder of its own beside this one. Understood only where `Limits.extensions` names the draft. Left
 * out, so `unsupported` with the option too: battery (26), authorization (27), wait (29), component metadata (30),
 * override-multiple (34), copy-params (35), CoSWID (14) and the two texts (7, 8).
 */
export const updateManagement = {
  manifest: { "set-version": 6 },
  common: {},
  condition: { "image-not-match": 25, version: 28 },
  directive: {},
  parameter: { "update-priority": 27, version: 28 },
} as const;

/**
 * The one part of the draft that needs no option. Expiry is a check of its own (trust.md 2, row 8; REQ.SEC.EXP), its
 * number and meaning have not changed since the first revision, and to refuse it would only teach authors to leave it out.
 */
export const useBefore = {
  condition: { "use-before": 4 },
  parameter: { "use-before": 4 },
} as const;
