import {
  type Attack,
  type AttackScene,
  describeAttacks,
  envelopeName,
  offered,
  sendPayload,
  vendorTrust,
} from "../support/attack-scene.ts";
import { flip } from "../support/crafted-envelope.ts";
import {
  type ArtifactDocument,
  type DeploymentDocument,
  type Forgery,
  type Purpose,
  pourEndlessly,
  type Seen,
  type Tampering,
} from "../support/on-path-attacker.ts";

/** Answers one kind of request instead of the server. */
const forge = (purpose: Purpose, forgery: (request: Seen) => Forgery): Tampering => ({
  forge: (request) => (request.purpose === purpose ? forgery(request) : undefined),
});

/** Answers the requests for one file; `count` is how many there were before. */
function forgeFile(filename: string, forgery: (count: number, request: Seen) => Forgery): Tampering {
  let count = 0;
  return { forge: (request) => (request.filename === filename ? forgery(count++, request) : undefined) };
}

const say =
  (status: number, headers: Readonly<Record<string, string | number>> = {}, body: string | Uint8Array = ""): Forgery =>
  (response) =>
    void response.writeHead(status, headers).end(body);

const json = (text: string): Forgery => say(200, { "content-type": "application/json" }, text);

/** Sends the first bytes as if all were to come, and hangs up. */
const cutAfter =
  (bytes: number, headers: Readonly<Record<string, string>>): Forgery =>
  (response) => {
    response.writeHead(200, { ...headers, "content-length": offered.image.length });
    response.write(offered.image.subarray(0, bytes), () => response.destroy());
  };

const half = 8192;
const etag = { etag: '"first"' };
const partOf = (total: number, from = half): Readonly<Record<string, string | number>> => ({
  ...etag,
  "content-range": `bytes ${from}-${total - 1}/${total}`,
});

/** The download is cut in the middle; whoever goes on with it gets this. */
const resumedWith = (forgery: Forgery): Tampering =>
  forgeFile(offered.uri, (count) => (count === 0 ? cutAfter(half, etag) : forgery));

const lead =
  (change: (scene: AttackScene, document: DeploymentDocument, artifacts: ArtifactDocument[]) => unknown) =>
  (scene: AttackScene): Tampering => ({
    deployment: (document) => void change(scene, document, document.deployment.chunks[0]?.artifacts ?? []),
  });

const redirects: readonly Attack[] = [
  ...([301, 302, 307] as const).map(
    (status): Attack => ({
      threat: "T-NET-REDIRECT",
      name: `the poll redirected to another host (${status})`,
      send: ({ stranger }) => forge("poll", ({ path }) => say(status, { location: stranger.url + path })),
      code: "redirect-refused",
      ends: "fault",
    }),
  ),
  ...(["attributes", "deployment"] as const).map(
    (purpose): Attack => ({
      threat: "T-NET-REDIRECT",
      name: `${purpose} redirected to another host`,
      send: ({ stranger }) => forge(purpose, ({ path }) => say(307, { location: stranger.url + path })),
      code: "redirect-refused",
      ends: "fault",
    }),
  ),
  {
    threat: "T-NET-REDIRECT",
    name: "the report of a refusal redirected to another host",
    send: ({ stranger }) => ({
      ...sendPayload((image) => flip(image, 7)),
      ...forge("feedback", ({ path }) => say(307, { location: stranger.url + path })),
    }),
    code: "redirect-refused",
    ends: "fault",
    touches: "staging",
  },
  {
    threat: "T-NET-REDIRECT",
    name: "the envelope redirected to another host",
    send: ({ stranger }) => forgeFile(envelopeName, () => say(302, { location: `${stranger.url}/manifest.suit` })),
    code: "redirect-refused",
    ends: "undeliverable",
  },
  {
    threat: "T-NET-REDIRECT",
    name: "the payload redirected to another host",
    send: ({ stranger }) => forgeFile(offered.uri, () => say(302, { location: `${stranger.url}/firmware.bin` })),
    code: "redirect-refused",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-NET-REDIRECT",
    name: "redirected in a circle",
    send: () => forge("poll", ({ path }) => say(302, { location: path })),
    code: "redirect-refused",
    ends: "fault",
  },
  {
    threat: "T-NET-REDIRECT",
    name: "redirected to a file of its own",
    send: () => forge("poll", () => say(302, { location: "file:///etc/passwd" })),
    code: "redirect-refused",
    ends: "fault",
  },
  ...(["deploymentBase", "configData"] as const).map(
    (name): Attack => ({
      threat: "T-NET-REDIRECT",
      name: `the link ${name} leads to another host`,
      send: ({ stranger }) => ({
        poll: (document) => {
          document._links[name] = { href: `${stranger.url}/DEFAULT/controller/v1/rtu/${name}/1` };
        },
      }),
      code: "foreign-link",
      ends: "fault",
    }),
  ),
  ...[
    ["to another host", (url: string) => `${url}/x`],
    ["to another host under a name like its own", (url: string) => url.replace("http://", "http://127.0.0.1:80@")],
    ["to another host of no scheme", (url: string) => `${url.replace("http:", "")}/x`],
    ["to a local file", () => "file:///etc/passwd"],
    ["into itself", () => "data:application/octet-stream;base64,AAAA"],
  ].map(
    ([name, href]): Attack => ({
      threat: "T-NET-REDIRECT",
      name: `the link of an artifact leads ${String(name)}`,
      send: lead(({ stranger }, _document, [first]) => {
        if (first !== undefined && typeof href === "function")
          first._links = { download: { href: href(stranger.url) } };
      }),
      code: "foreign-link",
      ends: "fault",
    }),
  ),
];

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

const transfers: readonly Attack[] = [
  {
    threat: "T-TUF-ENDLESS",
    name: "more bytes than announced, in a body of no announced length",
    send: () =>
      forgeFile(offered.uri, () => (response) => {
        response.writeHead(200);
        pourEndlessly(response, offered.image);
      }),
    code: "artifact-too-long",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-HOSTILE-ANSWER",
    name: "a payload that would have to be unpacked",
    send: () => forgeFile(offered.uri, () => say(200, { "content-encoding": "gzip" }, offered.image)),
    code: "malformed-answer",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-HOSTILE-ANSWER",
    name: "a part where the whole was asked for",
    send: () => forgeFile(offered.uri, () => say(206, partOf(offered.image.length, 0), offered.image)),
    code: "malformed-answer",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-HOSTILE-ANSWER",
    name: "the payload is not there",
    send: () => forgeFile(offered.uri, () => say(404)),
    code: "not-found",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-JOINED-FILES",
    name: "the rest of another file after a cut",
    send: () =>
      resumedWith(say(206, { ...partOf(offered.image.length), etag: '"second"' }, offered.image.subarray(half))),
    code: "artifact-changed",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-JOINED-FILES",
    name: "the rest without saying of what, after a cut",
    send: () =>
      resumedWith(
        say(
          206,
          { "content-range": partOf(offered.image.length)["content-range"] ?? "" },
          offered.image.subarray(half),
        ),
      ),
    code: "artifact-changed",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-JOINED-FILES",
    name: "the whole file again after a cut",
    send: () => resumedWith(say(200, etag, offered.image)),
    code: "artifact-changed",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-JOINED-FILES",
    name: "a file of another length after a cut",
    send: () =>
      resumedWith(say(206, partOf(offered.image.length + 1), new Uint8Array(offered.image.length + 1 - half))),
    code: "artifact-changed",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-JOINED-FILES",
    name: "an earlier part of the file after a cut",
    send: () => resumedWith(say(206, partOf(offered.image.length, half - 16), offered.image.subarray(half - 16))),
    code: "malformed-answer",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-JOINED-FILES",
    name: "nothing more to have after a cut",
    send: () => resumedWith(say(416, { "content-range": `bytes */${offered.image.length}` })),
    code: "range-refused",
    ends: "undeliverable",
    touches: "staging",
  },
  {
    threat: "T-SRV-JOINED-FILES",
    name: "the right rest of altered bytes after a cut",
    send: () => resumedWith(say(206, partOf(offered.image.length), flip(offered.image, half + 9).subarray(half))),
    code: "image-digest-mismatch",
    touches: "staging",
  },
  {
    threat: "T-TUF-SLOW-RETRIEVAL",
    name: "hung up before every byte of the payload",
    send: () => forgeFile(offered.uri, () => cutAfter(0, etag)),
    code: "link-lost",
    ends: "fault",
    touches: "staging",
  },
  {
    threat: "T-TUF-SLOW-RETRIEVAL",
    name: "a payload that does not come",
    send: () => forgeFile(offered.uri, () => () => undefined),
    conditions: { patience: "short" },
    code: "timed-out",
    ends: "fault",
    touches: "staging",
  },
  {
    threat: "T-TUF-SLOW-RETRIEVAL",
    name: "a payload that comes a byte at a time",
    send: () => forgeFile(offered.uri, (_count, { headers }) => drip(Number(/\d+/.exec(headers.range ?? "0")?.[0]))),
    conditions: { patience: "short" },
    code: "stalled",
    ends: "fault",
    touches: "staging",
  },
];

/** Never silent for long, and never done; from where it was asked for. */
const drip =
  (from: number): Forgery =>
  (response) => {
    if (from > 0) response.writeHead(206, partOf(offered.image.length, from));
    else response.writeHead(200, { ...etag, "content-length": offered.image.length });
    const timer = setInterval(() => response.write(Uint8Array.of(0)), 20);
    response.on("close", () => clearInterval(timer));
  };

describeAttacks("answers of a hostile server", vendorTrust, [...redirects, ...documents, ...statuses, ...transfers]);
