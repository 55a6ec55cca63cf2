import {
  type Attack,
  describeAttacks,
  offered,
  releases,
  sendRelease,
  signers,
  vendorTrust,
} from "../support/attack-scene.ts";
import { condition, craftRelease, set } from "../support/crafted-envelope.ts";
import { description, makeRelease, vendorId } from "../support/example-product.ts";

const { vendor } = signers;
const settings = new TextEncoder().encode("settings");
const newer = { version: "9.9.9", sequence: 99n, image: offered.image };
const forUs = [condition("vendor-identifier"), condition("class-identifier")];
const year2030 = 1_893_456_000n;

const addressees: readonly Attack[] = [
  {
    threat: "T-IMG-INCOMPATIBLE",
    name: "for another class of device",
    send: async () => sendRelease(await makeRelease(newer, [vendor], { ...description, product: "another-product" })),
    code: "wrong-class",
  },
  {
    threat: "T-IMG-INCOMPATIBLE",
    name: "from another vendor",
    send: async () => sendRelease(await makeRelease(newer, [vendor], { ...description, vendor: "another.example" })),
    code: "wrong-vendor",
  },
  {
    threat: "T-IMG-INCOMPATIBLE",
    name: "for one other device",
    send: async () =>
      sendRelease(
        await craftRelease({
          parameters: { deviceIdentifier: vendorId },
          identity: [...forUs, condition("device-identifier")],
          signers: [vendor],
        }),
      ),
    code: "wrong-device",
  },
  {
    threat: "T-IMG-INCOMPATIBLE",
    name: "for whatever class it meets",
    send: async () =>
      sendRelease(await craftRelease({ identity: [condition("vendor-identifier")], signers: [vendor] })),
    code: "identity-missing",
  },
  {
    threat: "T-IMG-INCOMPATIBLE",
    name: "for two other classes, or else for whatever it meets",
    send: async () =>
      sendRelease(
        await craftRelease({
          identity: [
            condition("vendor-identifier"),
            {
              kind: "try-each",
              sequences: [vendorId, new Uint8Array(16)].map((id) => ({
                commands: [set({ classIdentifier: id }), condition("class-identifier")],
              })),
              orNil: true,
            },
          ],
          signers: [vendor],
        }),
      ),
    code: "identity-missing",
  },
  {
    threat: "T-IMG-FORMAT",
    name: "a table of settings, signed by who may write settings",
    send: async () =>
      sendRelease(await craftRelease({ manifest: { components: [[settings]] }, signers: [signers["vendor-p256"]] })),
    code: "component-unknown",
  },
];

const order: readonly Attack[] = [
  {
    threat: "T-IMG-EXPIRED",
    name: "replay of 1.0.0",
    send: () => sendRelease(releases["1.0.0"]),
    code: "rollback",
  },
  {
    threat: "T-IMG-EXPIRED",
    name: "the number that runs, with another manifest",
    send: async () => sendRelease(await makeRelease({ ...newer, sequence: 2n }, [vendor])),
    code: "sequence-reused",
  },
  {
    threat: "T-IMG-EXPIRED-OFFLINE",
    name: "a release that has ended",
    send: async () => sendRelease(await expiring(year2030)),
    conditions: { now: year2030 + 1n },
    code: "expired",
  },
  {
    threat: "T-IMG-EXPIRED-OFFLINE",
    name: "a release that ends, and no clock to say when",
    // Beyond the time that the device has kept.
    send: async () => sendRelease(await expiring(2n * year2030)),
    code: "freshness-unknown",
  },
];

const expiring = (useBefore: bigint): Promise<typeof offered> =>
  craftRelease({
    parameters: { useBefore },
    identity: [...forUs, condition("use-before")],
    signers: [vendor],
  });

describeAttacks("an update that is rightly signed and not for this device, or not now", vendorTrust, [
  ...addressees,
  ...order,
]);
