/** The documents of the example: short, but each says something that its row asks for. */
export const guideTexts = (): Record<string, string> => ({
  "docs/process.md": `# How we develop

Every change has an issue, a review by another person and a test. Releases pass the gate of .sdl.
Security activities are steps of this process: threat review, requirement review, scans, penetration test.
`,
  "docs/architecture.md": `# Architecture

Boot verifies, the updater writes, the application controls. Each trusts only what the one before has checked.
The serial frame has at most 512 bytes; longer ones are dropped before they are read.
`,
  "docs/coding-rules.md": `# Coding rules

No dynamic memory after start. Lengths are checked before use. Warnings are errors. Exceptions need a review.
`,
  "docs/hardening.md": `# Hardening

## Network
Put the unit behind a firewall. Let in only TCP 2404 from the control centre.

## Rate
Set the gateway to at most one update attempt in ten seconds.

## Debug
The debug port is locked by fuse before delivery. Check the seal of the case.
`,
  "docs/operation.md": `# Secure operation

Read out the log monthly. Verify an update with the printed fingerprints before it is approved. Restore the backup once a year.
`,
  "docs/decommissioning.md": `# Decommissioning

Wipe keys, log and configuration with the service command, then remove the unit from the update server.
`,
  "docs/accounts.md": `# Accounts

service: one secret per unit, on the label inside the case. observer: must be changed at first use.
`,
  "docs/build-environment.md": `# Build environment

Two people can change the build system. It is rebuilt from its description every month, and signs what it builds.
`,
});
