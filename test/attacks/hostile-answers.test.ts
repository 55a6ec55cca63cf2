import { type Attack, describeAttacks, offered, vendorTrust } from "../support/attack-scene.ts";
import { forge, lead, say } from "../support/forgery.ts";
import { type ArtifactDocument, type Forgery, pourEndlessly } from "../support/on-path-attacker.ts";

const json = (text: string): Forgery => say(200, { "content-type": "application/json" }, text);

const documents: readonly Attack[] = [
  ...[
    ["broken JSON", "{"],
    ["a page of a captive portal", "<!doctype html><title>Please log in</title>"],
    ["nothing", ""],
    ["a list", "[]"],
    ["a byte order mark", '\ufeff{"config":{"polling":{"sleep":"00:00:10"}}}'],
    ["no time to sleep", "{}"],
    ["a sleep of 99 minutes in one hour", '{"config":{"polling":{"sleep":"00:99:00"}}}'],
    ["a sleep that is a number", '{"config":{"polling":{"sleep":10}}}'],
    ["a link that is text", '{"config":{"polling":{"sleep":"00:00:10"}},"_links":{"deploymentBase":"x"}}'],
    ["a document nested without reason", `${"[".repeat(30_000)}${"]".repeat(30_000)}`],
  ].map(
    ([name = "", text = ""]): Attack => ({
      threat: "T-SRV-HOSTILE-ANSWER",
      name: `the answer to a poll is ${name}`,
      send: () => forge("poll", () => json(text)),
      code: "malformed-answer",
      ends: "fault",
    }),
  ),
  {
    threat: "T-TUF-ENDLESS",
    name: "the answer to a poll never ends",
    send: () =>
      forge("poll", () => (response) => {
        response.writeHead(200, { "content-type": "application/json" });
        pourEndlessly(response, new Uint8Array(4096).fill(0x20));
      }),
    code: "answer-too-large",
    ends: "fault",
  },
  ...["2147483648", "0", "-1", "1e3", "../7", "7/../8", "", "१"].map(
    (id): Attack => ({
      threat: "T-SRV-HOSTILE-ANSWER",
      name: `the action has the id ${JSON.stringify(id)}`,
      send: lead((_scene, document) => {
        document.id = id;
      }),
      code: "malformed-answer",
      ends: "fault",
    }),
  ),
  ...["../../etc/passwd", "..", "a/b", "a\\b", "a\u0000b", ""].map(
    (filename): Attack => ({
      threat: "T-SRV-HOSTILE-ANSWER",
      name: `an artifact is called ${JSON.stringify(filename)}`,
      send: lead((_scene, _document, artifacts) => artifacts.push({ ...firstOf(artifacts), filename })),
      code: "malformed-answer",
      ends: "fault",
    }),
  ),
  ...[-1, 0.5, 2 ** 53].map(
    (size): Attack => ({
      threat: "T-SRV-HOSTILE-ANSWER",
      name: `an artifact has ${size} bytes`,
      send: lead((_scene, _document, artifacts) => artifacts.push({ ...firstOf(artifacts), size })),
      code: "malformed-answer",
      ends: "fault",
    }),
  ),
  {
    threat: "T-SRV-HOSTILE-ANSWER",
    name: "more artifacts than anything has",
    send: lead((_scene, _document, artifacts) => {
      for (let i = 0; i < 64; i++) artifacts.push({ ...firstOf(artifacts), filename: `file-${i}` });
    }),
    code: "malformed-answer",
    ends: "fault",
  },
  {
    threat: "T-SRV-HOSTILE-ANSWER",
    name: "the payload is missing from the offer",
    send: lead((_scene, _document, artifacts) => artifacts.splice(1)),
    code: "artifact-missing",
    ends: "undeliverable",
  },
  {
    threat: "T-SRV-HOSTILE-ANSWER",
    name: "the envelope is missing from the offer",
    send: lead((_scene, _document, artifacts) => artifacts.splice(0, 1)),
    code: "artifact-missing",
    ends: "undeliverable",
  },
  ...[-1, 1].map(
    (difference): Attack => ({
      threat: "T-SRV-HOSTILE-ANSWER",
      name: `the announced size of the payload is off by ${difference}`,
      send: lead((_scene, _document, artifacts) => {
        const payload = artifacts.find(({ filename }) => filename === offered.uri);
        if (payload !== undefined) payload.size += difference;
      }),
      code: "artifact-changed",
      ends: "undeliverable",
      touches: "staging",
    }),
  ),
];

function firstOf(artifacts: readonly ArtifactDocument[]): ArtifactDocument {
  const [first] = artifacts;
  if (first === undefined) throw new Error("the server offers nothing");
  return first;
}

const statuses: readonly Attack[] = [
  ...(
    [
      [401, "not-authorised"],
      [403, "not-authorised"],
      [404, "not-found"],
      [410, "gone"],
      [418, "unexpected-status"],
      [429, "too-many-requests"],
      [500, "server-error"],
      [503, "server-error"],
      [204, "unexpected-status"],
      [304, "unexpected-status"],
    ] as const
  ).map(
    ([status, code]): Attack => ({
      threat: "T-SRV-HOSTILE-ANSWER",
      name: `every poll is answered with ${status}`,
      send: () => forge("poll", () => say(status)),
      code,
      ends: "fault",
    }),
  ),
  {
    threat: "T-SRV-HOSTILE-ANSWER",
    name: "somebody who does not speak HTTP",
    send: () => forge("poll", () => (response) => void response.socket?.end("SSH-2.0-OpenSSH_9.6\r\n")),
    code: "malformed-answer",
    ends: "fault",
  },
  {
    threat: "T-SRV-HOSTILE-ANSWER",
    name: "headers without end",
    send: () => forge("poll", () => say(200, { "x-filler": "x".repeat(200_000) })),
    code: "malformed-answer",
    ends: "fault",
  },
  {
    threat: "T-SRV-HOSTILE-ANSWER",
    name: "hung up at every request",
    send: () => forge("poll", () => (response) => void response.destroy()),
    code: "link-lost",
    ends: "fault",
  },
];

describeAttacks("answers of a hostile server", vendorTrust, [...documents, ...statuses]);
