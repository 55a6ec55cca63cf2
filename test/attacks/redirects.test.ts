import {
  type Attack,
  describeAttacks,
  envelopeName,
  offered,
  sendPayload,
  vendorTrust,
} from "../support/attack-scene.ts";
import { flip } from "../support/crafted-envelope.ts";
import { forge, forgeFile, lead, say } from "../support/forgery.ts";

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
    name: "attributes redirected to another device of the same host",
    send: () => forge("attributes", () => say(307, { location: "/DEFAULT/controller/v1/rtu-other" })),
    code: "redirect-refused",
    ends: "fault",
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

describeAttacks("led to somewhere else", vendorTrust, redirects);
