/** The configuration of an agent that is a gateway, up to what lies behind it. */
export const gatewayConfig = (url: unknown): readonly string[] => [
  `server: ${url}`,
  "controllerId: gateway-1",
  "token: { file: device.token, kind: gateway }",
  "profile: it",
  "platform: { kind: files, folder: unit, components: [{ id: [firmware], maxSize: 256 KiB }] }",
  "poll: { least: 1 s }",
  "restart: { kind: operator }",
  "selfTest: not-tested",
];
