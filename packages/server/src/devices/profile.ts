/**
 * When a client says that it has finished (server.md 7). A property of the device type, stated when the device is
 * registered, never guessed from a header.
 * `signed-report`: the Sumac agent. `closes-after-restart`: swupdate. `closes-at-install`: rauc-hawkbit-updater.
 */
export const profiles = ["signed-report", "closes-after-restart", "closes-at-install"] as const;

export type Profile = (typeof profiles)[number];
