/**
 * UNSTABLE. Every number that Sumac takes from draft-ietf-suit-update-management-14, which is still moving: a new
 * revision gets a folder of its own beside this one. Understood only where `Limits.extensions` names the draft. Left
 * out, so `unsupported` with the option too: battery (26), authorization (27), wait (29), component metadata (30),
 * override-multiple (34), copy-params (35), CoSWID (14) and the two texts (7, 8).
 *
 * `use-before` (condition and parameter 4) needs no extension and stands in the core: expiry is a check of its own (trust.md
 * 2, row 8; REQ.SEC.EXP), its number and meaning have not changed since the first revision, and to refuse it would only
 * teach authors to leave it out.
 */
export const updateManagement = {
  manifest: { "set-version": 6 },
  condition: { "image-not-match": 25, version: 28 },
  parameter: { "update-priority": 27, version: 28 },
} as const;
