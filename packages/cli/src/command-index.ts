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
    summary: "show id, algorithm and public half of a key",
    load: async () => (await import("./commands/keys-show.ts")).keysShow,
  },
  {
    name: "release build",
    summary: "make an update envelope from a firmware file",
    load: async () => (await import("./commands/release-build.ts")).releaseBuild,
  },
  {
    name: "release sign",
    summary: "add a signature to an envelope, or sign a signing request",
    load: async () => (await import("./commands/release-sign.ts")).releaseSign,
  },
  {
    name: "release prepare",
    summary: "write a request to sign a release, for people who sign on their own machines",
    load: async () => (await import("./commands/release-prepare.ts")).releasePrepare,
  },
  {
    name: "release status",
    summary: "show what a signing request asks for, who has signed and who still must",
    load: async () => (await import("./commands/release-status.ts")).releaseStatus,
  },
  {
    name: "release combine",
    summary: "make the signed envelope from a signing request and its signature files",
    load: async () => (await import("./commands/release-combine.ts")).releaseCombine,
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
    name: "repo init",
    summary: "begin a signed repository, with the first root and targets to be signed",
    load: async () => (await import("./commands/repo-init.ts")).repoInit,
  },
  {
    name: "repo prepare",
    summary: "prepare the next version of a role to be signed, with a new expiry",
    load: async () => (await import("./commands/repo-prepare.ts")).repoPrepare,
  },
  {
    name: "repo sign",
    summary: "read a signing request and sign it with your key",
    load: async () => (await import("./commands/repo-sign.ts")).repoSign,
  },
  {
    name: "repo combine",
    summary: "check the signatures of a ceremony and, when they are enough, write the role",
    load: async () => (await import("./commands/repo-combine.ts")).repoCombine,
  },
  {
    name: "repo status",
    summary: "show what expires when, and who still has to sign what",
    load: async () => (await import("./commands/repo-status.ts")).repoStatus,
  },
  {
    name: "repo renew",
    summary: "prepare every offline role that is half through its life to be signed again",
    load: async () => (await import("./commands/repo-renew.ts")).repoRenew,
  },
  {
    name: "repo rotate",
    summary: "change the keys or the threshold of a role",
    load: async () => (await import("./commands/repo-rotate.ts")).repoRotate,
  },
  {
    name: "repo revoke",
    summary: "take a key out of every role it is in",
    load: async () => (await import("./commands/repo-revoke.ts")).repoRevoke,
  },
  {
    name: "repo line add",
    summary: "give a product line to its keys; the holders of targets have to sign",
    load: async () => (await import("./commands/repo-line-add.ts")).repoLineAdd,
  },
  {
    name: "repo line remove",
    summary: "take a product line, with all its parts, out of the repository",
    load: async () => (await import("./commands/repo-line-remove.ts")).repoLineRemove,
  },
  {
    name: "repo line split",
    summary: "give each model of a year a role of its own, before the line's list is full",
    load: async () => (await import("./commands/repo-line-split.ts")).repoLineSplit,
  },
  {
    name: "repo release add",
    summary: "list a signed envelope among the releases of its product line",
    load: async () => (await import("./commands/repo-release-add.ts")).repoReleaseAdd,
  },
  {
    name: "repo release withdraw",
    summary: "take a release out of its product line's list",
    load: async () => (await import("./commands/repo-release-withdraw.ts")).repoReleaseWithdraw,
  },
  {
    name: "repo publish",
    summary: "sign snapshot and timestamp, so that devices see what is new",
    load: async () => (await import("./commands/repo-publish.ts")).repoPublish,
  },
  {
    name: "repo offline",
    summary: "bring the tree for offline bundles up to date with the repository",
    load: async () => (await import("./commands/repo-offline.ts")).repoOffline,
  },
  {
    name: "repo check",
    summary: "look a release up in the published tree as a device does",
    load: async () => (await import("./commands/repo-check.ts")).repoCheck,
  },
  {
    name: "repo send",
    summary: "bring signed role files to a server, which adds snapshot and timestamp",
    load: async () => (await import("./commands/repo-send.ts")).repoSend,
  },
  {
    name: "repo drill",
    summary: "play a key loss or theft through on throw-away keys",
    load: async () => (await import("./commands/repo-drill.ts")).repoDrill,
  },
  {
    name: "report show",
    summary: "verify and show what a device reports of an update",
    load: async () => (await import("./commands/report-show.ts")).reportShow,
  },
  {
    name: "trust make",
    summary: "make a trust record from public keys",
    load: async () => (await import("./commands/trust-make.ts")).trustMake,
  },
  {
    name: "trust show",
    summary: "show what a trust record says",
    load: async () => (await import("./commands/trust-show.ts")).trustShow,
  },
  {
    name: "trust update",
    summary: "make an envelope that replaces a device's trust record",
    load: async () => (await import("./commands/trust-update.ts")).trustUpdate,
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
    name: "device provision",
    summary: "put trust record, identity and first release into the device of a configuration",
    load: async () => (await import("./commands/device-provision.ts")).deviceProvision,
  },
  {
    name: "device agent",
    summary: "run the update agent of a device, as its configuration says",
    load: async () => (await import("./commands/device-agent.ts")).deviceAgent,
  },
  {
    name: "device run",
    summary: "run a simulated device",
    load: async () => (await import("./commands/device-run.ts")).deviceRun,
  },
  {
    name: "device simulate",
    summary: "run a simulated device, with faults if asked for",
    load: async () => (await import("./commands/device-simulate.ts")).deviceSimulate,
  },
  {
    name: "device fleet",
    summary: "run many simulated devices in one process, for load on a server",
    load: async () => (await import("./commands/device-fleet.ts")).deviceFleet,
  },
  {
    name: "device status",
    summary: "show what a simulated device holds and runs",
    load: async () => (await import("./commands/device-status.ts")).deviceStatus,
  },
  {
    name: "device trust show",
    summary: "show whom a simulated device believes",
    load: async () => (await import("./commands/device-trust-show.ts")).deviceTrustShow,
  },
  {
    name: "device trust update",
    summary: "put a trust update into force on a simulated device",
    load: async () => (await import("./commands/device-trust-update.ts")).deviceTrustUpdate,
  },
  {
    name: "device own",
    summary: "set the first owner's part of a device's trust record",
    load: async () => (await import("./commands/device-own.ts")).deviceOwn,
  },
  {
    name: "device override",
    summary: "let one update pass a closed window or a missing consent, for a limited time",
    load: async () => (await import("./commands/device-override.ts")).deviceOverride,
  },
  {
    name: "device restore",
    summary: "check a backup against what the device has signed, then have it restored",
    load: async () => (await import("./commands/device-restore.ts")).deviceRestore,
  },
  {
    name: "device log show",
    summary: "show the event log of a device",
    load: async () => (await import("./commands/device-log-show.ts")).deviceLogShow,
  },
  {
    name: "device log export",
    summary: "write the event log of a device as JSON lines or syslog",
    load: async () => (await import("./commands/device-log-export.ts")).deviceLogExport,
  },
  {
    name: "device log verify",
    summary: "check an event log, and name the first record that is not the device's",
    load: async () => (await import("./commands/device-log-verify.ts")).deviceLogVerify,
  },
  {
    name: "device log clear",
    summary: "drop the records of a device's event log",
    load: async () => (await import("./commands/device-log-clear.ts")).deviceLogClear,
  },
  {
    name: "device report",
    summary: "write a signed SUIT report of what a device runs",
    load: async () => (await import("./commands/device-report.ts")).deviceReport,
  },
  {
    name: "device inventory",
    summary: "show what a device is, runs, believes and is set to",
    load: async () => (await import("./commands/device-inventory.ts")).deviceInventory,
  },
  {
    name: "device check",
    summary: "digest a device's images again and compare all with what is signed",
    load: async () => (await import("./commands/device-check.ts")).deviceCheck,
  },
  {
    name: "device serial",
    summary: "run a simulated device on a pseudo-terminal",
    load: async () => (await import("./commands/device-serial.ts")).deviceSerial,
  },
  {
    name: "device push",
    summary: "update a device behind a serial port",
    load: async () => (await import("./commands/device-push.ts")).devicePush,
  },
  {
    name: "device info",
    summary: "show what a device behind a serial port is",
    load: async () => (await import("./commands/device-info.ts")).deviceInfo,
  },
  {
    name: "device list",
    summary: "show the images of a device behind a serial port",
    load: async () => (await import("./commands/device-list.ts")).deviceList,
  },
  {
    name: "device erase",
    summary: "make a device behind a serial port forget what it does not run",
    load: async () => (await import("./commands/device-erase.ts")).deviceErase,
  },
  {
    name: "device reset",
    summary: "restart a device behind a serial port",
    load: async () => (await import("./commands/device-reset.ts")).deviceReset,
  },
  {
    name: "device log",
    summary: "read the event log of a device behind a serial port",
    load: async () => (await import("./commands/device-log.ts")).deviceLog,
  },
  {
    name: "verify",
    summary: "verify an envelope with no network",
    load: async () => (await import("./commands/verify.ts")).verify,
  },
  {
    name: "mcuboot sign",
    summary: "make a signed MCUboot image of a raw binary",
    load: async () => (await import("./commands/mcuboot-sign.ts")).mcubootSign,
  },
  {
    name: "mcuboot verify",
    summary: "verify an MCUboot image as a boot loader with these keys would",
    load: async () => (await import("./commands/mcuboot-verify.ts")).mcubootVerify,
  },
  {
    name: "mcuboot inspect",
    summary: "describe an MCUboot image without believing it",
    load: async () => (await import("./commands/mcuboot-inspect.ts")).mcubootInspect,
  },
  {
    name: "sdl init",
    summary: "begin the .sdl folder of a product, and say what to do next",
    load: async () => (await import("./commands/sdl-init.ts")).sdlInit,
  },
  {
    name: "sdl lint",
    summary: "check the files of .sdl: form, references, rules, and what texts claim",
    load: async () => (await import("./commands/sdl-lint.ts")).sdlLint,
  },
  {
    name: "sdl status",
    summary: "show every row of the practices with its state and what it still needs",
    load: async () => (await import("./commands/sdl-status.ts")).sdlStatus,
  },
  {
    name: "sdl release new",
    summary: "name what is to be signed: images, source, SBOM, guides",
    load: async () => (await import("./commands/sdl-release-new.ts")).sdlReleaseNew,
  },
  {
    name: "sdl sbom",
    summary: "make the bill of materials of a firmware from what its vendors deliver",
    load: async () => (await import("./commands/sdl-sbom.ts")).sdlSbom,
  },
  {
    name: "sdl collect",
    summary: "turn the report of a tool into a signed record",
    load: async () => (await import("./commands/sdl-collect.ts")).sdlCollect,
  },
  {
    name: "sdl attest",
    summary: "sign that something was done: a drill, a training, an approval, a build",
    load: async () => (await import("./commands/sdl-attest.ts")).sdlAttest,
  },
  {
    name: "sdl review sign",
    summary: "sign a review of reviews/ID.yaml, bound to what was reviewed",
    load: async () => (await import("./commands/sdl-review-sign.ts")).sdlReviewSign,
  },
  {
    name: "sdl issue new",
    summary: "take in a security issue: its clocks run from now",
    load: async () => (await import("./commands/sdl-issue-new.ts")).sdlIssueNew,
  },
  {
    name: "sdl issue triage",
    summary: "rate an issue and decide what is done about it",
    load: async () => (await import("./commands/sdl-issue-triage.ts")).sdlIssueTriage,
  },
  {
    name: "sdl issue clock",
    summary: "show what is due for each issue, by policy and by law, and how fast fixes came",
    load: async () => (await import("./commands/sdl-issue-clock.ts")).sdlIssueClock,
  },
  {
    name: "sdl update new",
    summary: "begin an update: document, qualification, delivery",
    load: async () => (await import("./commands/sdl-update-new.ts")).sdlUpdateNew,
  },
  {
    name: "sdl update qualify",
    summary: "record one way to the update as tried, and show what of the matrix is empty",
    load: async () => (await import("./commands/sdl-update-qualify.ts")).sdlUpdateQualify,
  },
  {
    name: "sdl update document",
    summary: "show the document of an update as a plant reads it, and what it still lacks",
    load: async () => (await import("./commands/sdl-update-document.ts")).sdlUpdateDocument,
  },
  {
    name: "sdl update publish",
    summary: "publish an update whose gate is not red, and write down that it was",
    load: async () => (await import("./commands/sdl-update-publish.ts")).sdlUpdatePublish,
  },
  {
    name: "sdl update compat",
    summary: "state what the update of a dependent component means",
    load: async () => (await import("./commands/sdl-update-compat.ts")).sdlUpdateCompat,
  },
  {
    name: "sdl gate",
    summary: "judge whether a release may be signed",
    load: async () => (await import("./commands/sdl-gate.ts")).sdlGate,
  },
  {
    name: "sdl dossier",
    summary: "write what a release rests on, as pages to read and files to check",
    load: async () => (await import("./commands/sdl-dossier.ts")).sdlDossier,
  },
  {
    name: "sdl verify",
    summary: "check every digest and signature of a dossier, with no network",
    load: async () => (await import("./commands/sdl-verify.ts")).sdlVerify,
  },
  {
    name: "sdl export",
    summary: "write advisories, VEX or security.txt as others read them",
    load: async () => (await import("./commands/sdl-export.ts")).sdlExport,
  },
  {
    name: "sdl claims",
    summary: "print what may be claimed: SL-C, its limiting rows, and the only wording",
    load: async () => (await import("./commands/sdl-claims.ts")).sdlClaims,
  },
  {
    name: "sdl report",
    summary: "write the state of a release in the form of a rule or format",
    load: async () => (await import("./commands/sdl-report.ts")).sdlReport,
  },
  {
    name: "sdl zones",
    summary: "compare the SL-T of zones with the SL-C of the product in them",
    load: async () => (await import("./commands/sdl-zones.ts")).sdlZones,
  },
  {
    name: "sdl drift",
    summary: "judge releases again and say what is stale, and what will be",
    load: async () => (await import("./commands/sdl-drift.ts")).sdlDrift,
  },
  {
    name: "sdl catalog import",
    summary: "use another edition of the catalogue for a product",
    load: async () => (await import("./commands/sdl-catalog-import.ts")).sdlCatalogImport,
  },
  {
    name: "sdl catalog confirm",
    summary: "confirm a doubtful level by the licensed text; lock the catalogue",
    load: async () => (await import("./commands/sdl-catalog-confirm.ts")).sdlCatalogConfirm,
  },
  {
    name: "demo",
    summary: "the whole way from key to confirmed boot, and attacks on it",
    load: async () => (await import("./commands/demo.ts")).demo,
  },
];
