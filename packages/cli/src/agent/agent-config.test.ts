import { describe, expect, test } from "vitest";
import { Failure } from "../failure.ts";
import { type AgentConfig, readAgentConfig } from "./agent-config.ts";
import { policyOf } from "./agent-policy.ts";

const read = (text: string): AgentConfig =>
  readAgentConfig(new TextEncoder().encode(text), { name: "agent.yaml", folder: "/etc/sumac" });

const lines = [
  "server: https://updates.plant.example:8443",
  "controllerId: rtu-7",
  "token: { file: device.token, kind: target }",
  "profile: it",
  "platform:",
  "  kind: files",
  "  folder: /var/lib/sumac",
  "  components:",
  "    - { id: [firmware], maxSize: 64 MiB }",
  "restart: { kind: image, command: [systemctl, restart, controller] }",
  "selfTest: not-tested",
];
const base = lines.join("\n");
const instead = (begin: string, ...replacement: readonly string[]): string =>
  lines.flatMap((line) => (line.startsWith(begin) ? replacement : [line])).join("\n");

function refusal(text: string): { code: string; problem: string; remedy: string; exit: number } {
  try {
    read(text);
  } catch (error) {
    if (error instanceof Failure) return error.facts;
    throw error;
  }
  throw new Error("it was accepted");
}

test("the least configuration, and what it leaves to the defaults", () => {
  expect(read(base)).toEqual({
    server: {
      url: "https://updates.plant.example:8443",
      tenant: "DEFAULT",
      controllerId: "rtu-7",
      access: { kind: "token", file: "/etc/sumac/device.token", token: "target" },
      authority: undefined,
    },
    profile: "it",
    platform: {
      kind: "files",
      folder: "/var/lib/sumac",
      components: [{ id: ["firmware"], bytes: 64 * 1024 * 1024 }],
      recoveryBytes: undefined,
      installer: undefined,
    },
    poll: { leastMs: 30_000, mostMs: 86_400_000 },
    windows: [],
    interlock: undefined,
    consent: undefined,
    override: undefined,
    backup: undefined,
    restart: { kind: "image", command: { argv: ["systemctl", "restart", "controller"], timeoutMs: 60_000 } },
    selfTest: "not-tested",
    notify: [],
    whenLogFails: "refuse-updates",
    clock: "host",
    integrityCheckMs: 86_400_000,
    stagings: { burst: 8, restMs: 21_600_000 },
    aliveFile: undefined,
    secondaries: [],
  });
});

test("everything that can be said", () => {
  const config = read(
    [
      ...lines.slice(0, 2),
      "tenant: plant-2",
      "certificate: { file: rtu-7.crt, key: /etc/keys/rtu-7.key }",
      "authority: ca.pem",
      "profile: ot",
      "platform:",
      "  kind: installer",
      "  folder: /var/lib/sumac",
      "  components: [{ id: [rootfs], maxSize: 1 GiB }]",
      "  recovery: 16 MiB",
      '  install: { command: [rauc, install, "{file}"], timeout: 15 min }',
      '  readback: { command: [dd, "if=/dev/disk/by-partlabel/{slot}"] }',
      '  activate: { command: [rauc, status, mark-active, "{slot}"] }',
      "  confirm: { command: [rauc, status, mark-good] }",
      '  revert: { command: [rauc, status, mark-active, "{slot}"] }',
      "poll: { least: 10 s, most: 1 h }",
      "windows:",
      '  - { days: [sat, sun], from: "22:00", to: "04:00", zone: Europe/Vienna }',
      "interlock: { command: [/opt/plc/may-update], timeout: 5 s }",
      "consent: { file: /etc/sumac/consent }",
      "override: { by: [anna, shift lead], longest: 2 h, lifts: [window, consent] }",
      'backup: { command: [/opt/plc/save, "{digest}"], timeout: 10 min }',
      "restart: { kind: machine, command: [systemctl, reboot], timeout: 2 min }",
      'selfTest: { command: [/opt/plc/self-test, "{slot}"], timeout: 10 min }',
      "notify:",
      "  - file: /var/log/sumac-notices",
      "  - command: [mail, -s, integrity, operator]",
      "  - syslog: log.plant.example:514",
      "whenLogFails: go-on",
      "clock: none",
      "integrityCheck: 6 h",
      'stagings: { burst: "4", rest: 12 h }',
      "aliveFile: /run/sumac/alive",
    ].join("\n"),
  );
  expect(config.server.access).toEqual({
    kind: "certificate",
    file: "/etc/sumac/rtu-7.crt",
    key: "/etc/keys/rtu-7.key",
  });
  expect(config.platform).toMatchObject({
    kind: "installer",
    recoveryBytes: 16 * 1024 * 1024,
    installer: { install: { argv: ["rauc", "install", "{file}"], timeoutMs: 900_000 } },
  });
  expect(config.windows).toEqual([{ days: ["sat", "sun"], from: 1320, to: 240, zone: "Europe/Vienna" }]);
  expect(config.override).toEqual({ by: ["anna", "shift lead"], longestSeconds: 7200n, lifts: ["window", "consent"] });
  expect(config.backup).toEqual({ argv: ["/opt/plc/save", "{digest}"], timeoutMs: 600_000 });
  expect(config.stagings).toEqual({ burst: 4, restMs: 43_200_000 });
  expect(config.notify).toHaveLength(3);
  expect(policyOf(config)).toMatchObject({ profile: "ot", clock: "none", stagingBurst: 4, pollMostSeconds: 3600 });
});

test("a signed repository: on the update server unless it lies elsewhere, from the factory's root and versions", () => {
  const { tuf } = read(`${base}\ntuf: { root: factory.root.json }`);
  expect(tuf).toEqual({
    root: "/etc/sumac/factory.root.json",
    url: "https://updates.plant.example:8443/tuf",
    minimum: undefined,
  });
  const more = read(
    [
      base,
      "tuf:",
      "  root: /etc/root.json",
      "  url: https://mirror.example/tree",
      '  minimum: { root: "2", snapshot: "40", roles: [{ role: line-drives, version: "7" }] }',
    ].join("\n"),
  );
  expect(more.tuf).toEqual({
    root: "/etc/root.json",
    url: "https://mirror.example/tree",
    minimum: { root: 2, snapshot: 40, roles: new Map([["line-drives", 7]]) },
  });
  expect(policyOf(read(base))).toMatchObject({ repository: "none", repositoryRoot: "none" });
  expect(policyOf(more)).toMatchObject({
    repository: "https://mirror.example/tree",
    repositoryMinimum: "root 2, snapshot 40, line-drives 7",
  });
});

describe("what is wrong is told with its line", () => {
  test.each([
    ["an unknown key", `${base}\npol: { least: 1 s }`, 12, "config-unknown-key"],
    ["a key twice", `${base}\nprofile: it`, 12, "config-duplicate-key"],
    ["no profile", instead("profile"), 1, "config-missing-key"],
    ["a profile that is none", instead("profile", "profile: lab"), 4, "config-bad-value"],
    ["a server that is no address", instead("server", "server: updates.example"), 1, "config-bad-value"],
    ["a password in the address", instead("server", "server: https://a:b@updates.example"), 1, "config-bad-value"],
    ["a number for a name", instead("controllerId", "controllerId: 7"), 2, "config-wrong-type"],
    ["nobody", instead("token"), 1, "config-bad-value"],
    ["token and certificate", `${base}\ncertificate: { file: a, key: b }`, 12, "config-bad-value"],
    ["a kind of token that is none", instead("token", "token: { file: a, kind: any }"), 3, "config-bad-value"],
    ["ot without anybody who consents", instead("profile", "profile: ot"), 4, "config-bad-value"],
    ["an installer without a command", instead("  kind", "  kind: installer"), 6, "config-missing-key"],
    [
      "a command for another platform",
      instead("  folder", "  folder: /x", "  install: { command: [a] }"),
      8,
      "config-bad-value",
    ],
    ["components of a flash", instead("  kind", "  kind: flash"), 9, "config-bad-value"],
    ["a size that is none", instead("    - {", "    - { id: [a], maxSize: big }"), 9, "config-bad-value"],
    ["a name that could be a path", instead("    - {", "    - { id: [../a], maxSize: 1 }"), 9, "config-bad-value"],
    ["a duration without a unit", `${base}\nintegrityCheck: "90"`, 12, "config-bad-value"],
    ["a duration that is too short", `${base}\nintegrityCheck: 0 s`, 12, "config-bad-value"],
    ["a poll that ends before it begins", `${base}\npoll: { least: 2 h, most: 1 h }`, 12, "config-bad-value"],
    ["a poll of two days", `${base}\npoll: { most: 2 d }`, 12, "config-bad-value"],
    [
      "a command in one word",
      instead("restart", "restart: { kind: image, command: systemctl }"),
      10,
      "config-wrong-type",
    ],
    ["an empty command", instead("restart", "restart: { kind: image, command: [] }"), 10, "config-bad-value"],
    [
      "a command where a person restarts",
      instead("restart", "restart: { kind: operator, command: [a] }"),
      10,
      "config-bad-value",
    ],
    [
      "a simulated restart of a real device",
      instead("restart", "restart: { kind: simulated }"),
      10,
      "config-bad-value",
    ],
    ["a self-test that is a wish", instead("selfTest", "selfTest: passes"), 11, "config-bad-value"],
    ["a consent from nobody", `${base}\nconsent: {}`, 12, "config-bad-value"],
    ["a consent from two", `${base}\nconsent: { file: a, command: [b] }`, 12, "config-bad-value"],
    [
      "a window that never opens",
      `${base}\nwindows:\n  - { days: [mon], from: "01:00", to: "01:00", zone: UTC }`,
      13,
      "config-bad-value",
    ],
    [
      "a day that is none",
      `${base}\nwindows:\n  - { days: [monday], from: "01:00", to: "02:00", zone: UTC }`,
      13,
      "config-bad-value",
    ],
    [
      "a time that is none",
      `${base}\nwindows:\n  - { days: [mon], from: "25:00", to: "02:00", zone: UTC }`,
      13,
      "config-bad-value",
    ],
    [
      "a zone that is none",
      `${base}\nwindows:\n  - { days: [mon], from: "01:00", to: "02:00", zone: Mars/Base }`,
      13,
      "config-bad-value",
    ],
    ["a syslog without a port", `${base}\nnotify: [{ syslog: log.example }]`, 12, "config-bad-value"],
    ["a budget of nothing", `${base}\nstagings: { burst: "0", rest: 1 h }`, 12, "config-bad-value"],
    ["a repository without a root", `${base}\ntuf: { url: https://x.example }`, 12, "config-missing-key"],
    ["a repository that is no address", `${base}\ntuf: { root: r, url: ftp://x }`, 12, "config-bad-value"],
    ["a minimum that is no version", `${base}\ntuf: { root: r, minimum: { root: "0" } }`, 12, "config-bad-value"],
    ["a minimum for nothing", `${base}\ntuf: { root: r, minimum: { roles: [{ role: x }] } }`, 12, "config-missing-key"],
    ["a tab", `${base}\n\tx: 1`, 12, "config-not-yaml"],
    ["an alias", `${base}\nnotify: [&a { file: x }, *a]`, 12, "config-not-plain"],
  ])("%s", (_name, text, line, code) => {
    const facts = refusal(text);
    expect(facts).toMatchObject({ code, exit: 4 });
    expect(facts.problem).toMatch(new RegExp(`^agent\\.yaml: line ${line}, column \\d+: `));
    expect(facts.problem).not.toContain("release description");
    expect(facts.remedy).not.toBe("");
  });

  test.each([["nothing", "", "config-empty"]])("%s", (_name, text, code) => {
    expect(refusal(text)).toMatchObject({ code });
  });

  test("bytes that are no text", () => {
    expect(() => readAgentConfig(Uint8Array.of(0xff), { name: "a", folder: "/" })).toThrow("not UTF-8");
  });
});
