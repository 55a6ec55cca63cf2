import type { Command } from "./command.ts";

/** Where a command lives; its module is loaded only when it is called. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

export const commandIndex: readonly CommandEntry[] = [
  {
    name: "keys new",
    summary: "make a signing key in an encrypted file",
    load: async () => (await import("./commands/keys-new.ts")).keysNew,
  },
  {
    name: "keys list",
    summary: "list the keys of a folder",
    load: async () => (await import("./commands/keys-list.ts")).keysList,
  },
  {
    name: "keys show",
    summary: "show id, algorithm and public half of a key file",
    load: async () => (await import("./commands/keys-show.ts")).keysShow,
  },
  {
    name: "trust new",
    summary: "make a trust record: whose releases count, and whose approval is waited for",
    load: async () => (await import("./commands/trust-new.ts")).trustNew,
  },
  {
    name: "release build",
    summary: "make an update envelope from a firmware file",
    load: async () => (await import("./commands/release-build.ts")).releaseBuild,
  },
  {
    name: "release sign",
    summary: "add a signature to an envelope",
    load: async () => (await import("./commands/release-sign.ts")).releaseSign,
  },
  {
    name: "release inspect",
    summary: "show an envelope so that a person can approve it",
    load: async () => (await import("./commands/release-inspect.ts")).releaseInspect,
  },
  {
    name: "release lint",
    summary: "look for mistakes in an envelope before it is published",
    load: async () => (await import("./commands/release-lint.ts")).releaseLint,
  },
  {
    name: "report show",
    summary: "verify and show what a device reports of an update",
    load: async () => (await import("./commands/report-show.ts")).reportShow,
  },
  {
    name: "publish",
    summary: "upload an envelope and its payloads to a server",
    load: async () => (await import("./commands/publish.ts")).publish,
  },
  {
    name: "serve",
    summary: "run the update server",
    load: async () => (await import("./commands/serve.ts")).serve,
  },
  {
    name: "device run",
    summary: "run a simulated device",
    load: async () => (await import("./commands/device-run.ts")).deviceRun,
  },
  {
    name: "device status",
    summary: "show what a simulated device holds and runs",
    load: async () => (await import("./commands/device-status.ts")).deviceStatus,
  },
  {
    name: "verify",
    summary: "verify an envelope with no network",
    load: async () => (await import("./commands/verify.ts")).verify,
  },
  {
    name: "demo",
    summary: "the whole way from key to confirmed boot, and attacks on it",
    load: async () => (await import("./commands/demo.ts")).demo,
  },
];
