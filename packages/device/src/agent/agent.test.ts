import { bytesToHex } from "@sumac/crypto";
import { describe, expect, test } from "vitest";
import { deploymentOf, fault } from "../ddi/ddi-server.test.support.ts";
import {
  approvalTrust,
  foreignKey,
  makeRelease,
  ownerKey,
  type Release,
  testImage,
  testLayout,
  vendorKey,
} from "../device/release.test.support.ts";
import type { MemoryFlash } from "../flash/memory-flash.ts";
import { first, flip, second } from "../flash/simulated-device.test.support.ts";
import type { InstallSubject, InstallWait } from "../operator/install-wait.ts";
import { type AgentAtWork, begin, start } from "./agent.test.support.ts";

const protectedFlash = (flash: MemoryFlash): Uint8Array =>
  flash.snapshot().subarray(0, testLayout.slots.b.envelopeOffset);

describe("a round", () => {
  test("without an offer changes nothing and hands on the server's sleep", async () => {
    const { agent, flash, server } = await begin();
    const before = flash.snapshot();
    server.sleepMs = 1234;
    expect(await agent.runOnce()).toEqual({ did: "nothing", sleepMs: 1234 });
    expect(await agent.runOnce()).toEqual({ did: "nothing", sleepMs: 1234 });
    expect(server.calls).toEqual(["GET poll", "PUT configData", "GET poll"]);
    expect(flash.snapshot()).toEqual(before);
  });

  test.each(["not-found", "gone"] as const)("takes an offer back that the attributes made void: %s", async (code) => {
    const { agent, server, flash } = await begin();
    const before = flash.snapshot();
    server.offered = deploymentOf("7", second);
    server.intercept = (call) => {
      if (call === "GET deployment 7") throw fault(code, false);
    };
    expect(await agent.runOnce()).toEqual({ did: "nothing", sleepMs: 5000 });
    expect(flash.snapshot()).toEqual(before);
  });

  test("tells who the device is at first, when it is asked, and when that has changed", async () => {
    const { agent, server } = await begin();
    await agent.runOnce();
    await agent.runOnce();
    const identity = {
      vendorId: "a5a5a5a5-a5a5-a5a5-a5a5-a5a5a5a5a5a5",
      classId: "c5c5c5c5-c5c5-c5c5-c5c5-c5c5c5c5c5c5",
    };
    expect(server.attributes).toEqual([
      { ...identity, sequence: "5", version: "1.5.0", manifestDigest: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    server.wantsConfig = true;
    await agent.runOnce();
    expect(server.attributes).toHaveLength(2);
    server.offered = deploymentOf("7", second);
    await agent.runOnce();
    expect(server.attributes.at(-1)).toMatchObject({ ...identity, sequence: "6", version: "1.6.0" });
    expect(server.attributes).toHaveLength(3);
  });

  test("carries an update through to the confirmed boot, and tells each step apart", async () => {
    const { agent, device, server, events } = await begin();
    server.offered = deploymentOf("7", second);
    expect(await agent.runOnce()).toEqual({ did: "updated", action: "7", sleepMs: 5000 });
    expect(server.calls).toEqual([
      "GET poll",
      "PUT configData",
      "GET deployment 7",
      "GET manifest.suit from 0",
      "GET firmware.bin from 0",
      "POST 7 proceeding/none downloaded",
      "POST 7 proceeding/none staged",
      "POST 7 proceeding/none installed",
      "POST 7 closed/success running-verified",
      "PUT configData",
    ]);
    expect(device.status()).toMatchObject({
      running: { sequence: 6n, slot: "b" },
      mode: "confirmed",
      floor: { sequence: 6n },
      report: undefined,
    });
    expect(events.map(({ event }) => event).filter((event) => event !== "reported" && event !== "progress")).toEqual([
      "polled",
      "attributes-sent",
      "offered",
      "downloading",
      "staged",
      "armed",
      "booted",
      "self-tested",
      "confirmed",
      "attributes-sent",
    ]);
    expect(await agent.runOnce()).toEqual({ did: "nothing", sleepMs: 5000 });
  });

  test("takes a payload from inside the envelope without asking for it", async () => {
    const { agent, server } = await begin();
    const integrated = makeRelease({ sequence: 6n, payload: "integrated", uri: "#firmware" });
    server.offered = { action: "7", artifacts: { "manifest.suit": integrated.envelope } };
    expect(await agent.runOnce()).toMatchObject({ did: "updated" });
    expect(server.calls.filter((call) => call.includes("from"))).toEqual(["GET manifest.suit from 0"]);
  });

  test("closes what is installed already, and does not look at it at the next poll", async () => {
    const { agent, flash, server } = await begin();
    const before = flash.snapshot();
    server.offered = deploymentOf("7", first);
    expect(await agent.runOnce()).toMatchObject({ did: "already-installed" });
    expect(server.feedbacks).toEqual(["POST 7 closed/success running-verified already-installed"]);
    server.offered = deploymentOf("7", first);
    expect(await agent.runOnce()).toMatchObject({ did: "passed-over" });
    expect(flash.snapshot()).toEqual(before);
  });

  test("leaves alone what the server itself holds back", async () => {
    const { agent, server } = await begin();
    server.offered = { ...deploymentOf("7", second), update: "skip" };
    expect(await agent.runOnce()).toMatchObject({ did: "held-back", action: "7" });
    expect(server.calls).toEqual(["GET poll", "PUT configData", "GET deployment 7"]);
  });
});

interface Attack {
  readonly threat: string;
  readonly name: string;
  readonly send: () => Release;
  readonly code: string;
}

const attacks: readonly Attack[] = [
  {
    threat: "T-NET-ONPATH",
    name: "a bit of the payload flipped",
    send: () => ({ ...second, image: flip(second.image, 9) }),
    code: "image-digest-mismatch",
  },
  {
    threat: "T-NET-ONPATH",
    name: "a bit of the signature flipped",
    send: () => ({ ...second, envelope: flip(second.envelope, 130) }),
    code: "signature-invalid",
  },
  {
    threat: "T-NET-ONPATH",
    name: "a truncated payload",
    send: () => ({ ...second, image: second.image.subarray(0, 500) }),
    code: "image-too-short",
  },
  {
    threat: "T-IMG-EXTRA",
    name: "a longer payload",
    send: () => ({ ...second, image: testImage(5000, 6) }),
    code: "image-too-long",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "unsigned",
    send: () => makeRelease({ sequence: 6n, signers: [] }),
    code: "threshold-not-met",
  },
  {
    threat: "T-IMG-NON-AUTH",
    name: "signed by a stranger",
    send: () => makeRelease({ sequence: 6n, signers: [foreignKey] }),
    code: "signer-unknown",
  },
  { threat: "T-IMG-EXPIRED", name: "an older release", send: () => makeRelease({ sequence: 4n }), code: "rollback" },
  {
    threat: "T-TUF-ENDLESS",
    name: "an endless envelope",
    send: () => ({ ...second, envelope: new Uint8Array(1 << 20) }),
    code: "too-large",
  },
];

describe("a refused offer is reported by its code and changes nothing", () => {
  for (const { threat, name, send, code } of attacks) {
    test(`${threat}: ${name}: ${code}`, async () => {
      const { agent, device, flash, server, events, clock } = await begin();
      const before = protectedFlash(flash);
      server.offered = deploymentOf("7", send());
      expect(await agent.runOnce()).toMatchObject({ did: "refused", action: "7", refusal: { code } });
      expect(server.feedbacks).toEqual([`POST 7 closed/failure ${code}`]);
      expect(events).toContainEqual({ event: "refused", action: "7", refusal: expect.objectContaining({ code }) });
      expect(protectedFlash(flash)).toEqual(before);
      expect(await device.boot()).toMatchObject({ booted: { sequence: 5n }, mode: "confirmed" });
      server.offered = deploymentOf("8", second);
      // Its manifest may be the refused one's: then it is passed over for a minute.
      const next = await agent.runOnce();
      clock.ms += 60_000;
      expect(next.did === "passed-over" ? await agent.runOnce() : next).toMatchObject({ did: "updated" });
    });
  }

  test("T-UPT-DENIAL: the same action, offered for ever, is looked at after 1, 2, 4, ... minutes", async () => {
    const { agent, server, clock } = await begin();
    const old = makeRelease({ sequence: 4n });
    const looked: number[] = [];
    for (let minute = 0; minute < 32; minute++) {
      clock.ms = minute * 60_000;
      server.offered = deploymentOf("7", old);
      if ((await agent.runOnce()).did === "refused") looked.push(minute);
    }
    expect(looked).toEqual([0, 1, 3, 7, 15, 31]);
  });

  test("T-UPT-DENIAL: ever new actions with the same bad payload do not wear out the flash", async () => {
    const { agent, flash, server } = await begin();
    for (let action = 1; action <= 100; action++) {
      server.offered = deploymentOf(String(action), { ...second, image: flip(second.image, 0) });
      await agent.runOnce();
    }
    expect(Math.max(...flash.wear)).toBeLessThan(25);
    server.offered = undefined;
    expect(await agent.runOnce()).toEqual({ did: "nothing", sleepMs: 5000 });
  });

  for (const [what, artifacts, uri] of [
    ["no envelope", { "firmware.bin": second.image }, "firmware.bin"],
    ["no payload", { "manifest.suit": second.envelope, "other.bin": second.image }, "firmware.bin"],
  ] as const) {
    test(`a deployment with ${what} (${uri}) is undeliverable, and nothing is written`, async () => {
      const { agent, flash, server } = await begin();
      const before = flash.snapshot();
      server.offered = { action: "7", artifacts };
      expect(await agent.runOnce()).toMatchObject({ did: "undeliverable", fault: { code: "artifact-missing" } });
      expect(server.feedbacks).toEqual(["POST 7 closed/failure artifact-missing"]);
      expect(flash.snapshot()).toEqual(before);
    });
  }

  test("T-NET-REDIRECT: a URI that names a host is a name like any other: nothing is fetched from there", async () => {
    const { agent, server } = await begin();
    const uri = "https://evil.example/firmware.bin";
    const { envelope } = makeRelease({ sequence: 6n, uri });
    server.offered = { action: "7", artifacts: { "manifest.suit": envelope, "firmware.bin": second.image } };
    expect(await agent.runOnce()).toMatchObject({ did: "undeliverable", fault: { detail: uri } });
    expect(server.calls.filter((call) => call.includes("from"))).toEqual(["GET manifest.suit from 0"]);
  });

  test("a download that can never succeed is reported, and what was stored of it is forgotten", async () => {
    const { agent, server, clock } = await begin();
    server.offered = deploymentOf("7", second);
    server.cutAfter = 600;
    await expect(agent.runOnce()).rejects.toMatchObject({ code: "link-lost" });
    server.intercept = (call) => {
      if (call.startsWith("GET firmware")) throw fault("artifact-changed", false);
    };
    expect(await agent.runOnce()).toMatchObject({ did: "undeliverable", fault: { code: "artifact-changed" } });
    expect(server.feedbacks).toEqual(["POST 7 closed/failure artifact-changed"]);
    server.intercept = () => undefined;
    server.cutAfter = undefined;
    server.offered = deploymentOf("8", second);
    expect(await agent.runOnce()).toMatchObject({ did: "passed-over" });
    clock.ms += 60_000;
    expect(await agent.runOnce()).toMatchObject({ did: "updated" });
    expect(server.calls).toContain("GET firmware.bin from 0");
  });
});

describe("a release that waits for the plant", () => {
  const plain = makeRelease({ sequence: 6n });
  const approved = makeRelease({ sequence: 6n, signers: [vendorKey, ownerKey] });

  test("T-UPD-UNAPPROVED: is told once, asked about at every poll, and taken when it is approved", async () => {
    const { agent, flash, server } = await begin({}, approvalTrust);
    const before = flash.snapshot();
    server.offered = deploymentOf("7", plain);
    for (let i = 0; i < 3; i++) {
      expect(await agent.runOnce()).toMatchObject({ did: "waiting", action: "7", refusal: { code: "not-approved" } });
    }
    expect(server.feedbacks).toEqual(["POST 7 scheduled/none not-approved"]);
    expect(flash.snapshot()).toEqual(before);
    server.offered = deploymentOf("7", approved);
    expect(await agent.runOnce()).toMatchObject({ did: "updated" });
  });

  test("T-UPD-UNAPPROVED: without the operator's consent nothing is fetched or written, and it is asked for each manifest", async () => {
    let permission: "granted" | InstallWait = { code: "log-failing", fault: "storage-failed", file: "events.log" };
    const asked: InstallSubject[] = [];
    const mayInstall = async (subject: InstallSubject): Promise<typeof permission> => {
      asked.push(subject);
      return permission;
    };
    const { agent, device, server, flash } = await begin({ mayInstall });
    const before = flash.snapshot();
    server.offered = deploymentOf("7", second);
    expect(await agent.runOnce()).toMatchObject({ did: "waiting", refusal: { code: "log-failing" } });
    permission = { code: "consent-awaited", sequence: 6n, manifestDigest: new Uint8Array(32) };
    expect(await agent.runOnce()).toMatchObject({ did: "waiting", refusal: { code: "consent-awaited" } });
    expect(flash.snapshot()).toEqual(before);
    expect(server.calls.filter((call) => call.startsWith("GET firmware.bin"))).toEqual([]);
    permission = "granted";
    expect(await agent.runOnce()).toMatchObject({ did: "updated" });
    const { manifestDigest } = device.status().running;
    expect(asked).toEqual(Array(3).fill({ sequence: 6n, manifestDigest }));
  });

  test("T-UPD-UNAPPROVED: window and interlock are the device's own, asked at each offer", async () => {
    let operations = { window: "closed", interlock: "clear" } as {
      window: "open" | "closed";
      interlock: "clear" | "engaged";
    };
    const { agent, server } = await begin({ operations: async () => operations });
    server.offered = deploymentOf("7", second);
    expect(await agent.runOnce()).toMatchObject({ did: "waiting", refusal: { code: "outside-window" } });
    operations = { window: "open", interlock: "engaged" };
    expect(await agent.runOnce()).toMatchObject({ did: "waiting", refusal: { code: "interlock" } });
    operations = { window: "open", interlock: "clear" };
    expect(await agent.runOnce()).toMatchObject({ did: "updated" });
    expect(server.feedbacks.slice(0, 2)).toEqual([
      "POST 7 scheduled/none outside-window",
      "POST 7 scheduled/none interlock",
    ]);
  });

  test("T-IMG-EXPIRED-OFFLINE: only a trusted clock lets an expiring release in", async () => {
    let now: bigint | undefined;
    const { agent, server } = await begin({ trustedTime: () => now });
    const expiring = makeRelease({ sequence: 6n, useBefore: 1_900_000_000n });
    server.offered = deploymentOf("7", expiring);
    expect(await agent.runOnce()).toMatchObject({ did: "refused", refusal: { code: "freshness-unknown" } });
    now = 1_800_000_000n;
    server.offered = deploymentOf("8", expiring);
    expect(await agent.runOnce()).toMatchObject({ did: "updated" });
  });
});

describe("T-DEV-BAD-RELEASE: a release that does not prove itself", () => {
  test("fails its self-test: the old one runs again, and the server hears why", async () => {
    const { agent, device, server } = await begin({ selfTest: async () => "failed" });
    server.offered = deploymentOf("7", second);
    expect(await agent.runOnce()).toMatchObject({ did: "reverted", action: "7" });
    expect(server.feedbacks.at(-1)).toBe("POST 7 closed/failure rolled-back self-test-failed");
    expect(device.status()).toMatchObject({ running: { sequence: 5n }, floor: { sequence: 5n }, report: undefined });
    server.offered = deploymentOf("8", second);
    expect(await agent.runOnce()).toMatchObject({ did: "passed-over" });
  });

  test("loses power on trial: the next process reports it", async () => {
    const { agent, flash, server } = await begin({
      selfTest: () => {
        throw new Error("killed");
      },
    });
    server.offered = deploymentOf("7", second);
    await expect(agent.runOnce()).rejects.toThrow("killed");
    const next = await start(flash, server);
    expect(await next.agent.runOnce()).toMatchObject({ did: "reverted", action: "7" });
    expect(server.feedbacks.at(-1)).toBe("POST 7 closed/failure rolled-back trial-not-confirmed");
  });

  test("T-IMG-REPLACE: is changed in its slot before the restart: it never runs, and the server hears why", async () => {
    const { agent, device, flash, server } = await begin({
      restart: async () => {
        flash.tamper(testLayout.slots.b.imageOffset, new Uint8Array(4));
        return device.boot();
      },
    });
    server.offered = deploymentOf("7", second);
    expect(await agent.runOnce()).toMatchObject({ did: "reverted" });
    expect(server.feedbacks.at(-1)).toBe("POST 7 closed/failure rolled-back slot-readback-mismatch");
    expect(device.status().running.sequence).toBe(5n);
  });

  test("and nothing else to run: the round says that the device needs recovery", async () => {
    const { agent, device, flash, server } = await begin({
      restart: async () => {
        flash.tamper(testLayout.slots.a.imageOffset, new Uint8Array(4));
        flash.tamper(testLayout.slots.b.imageOffset, new Uint8Array(4));
        return device.boot();
      },
    });
    server.offered = deploymentOf("7", second);
    expect(await agent.runOnce()).toMatchObject({ did: "recovery-needed", outcome: { kind: "recovery-needed" } });
    expect(await agent.run(new AbortController().signal)).toMatchObject({ kind: "recovery-needed" });
  });
});

describe("a restart that is not allowed yet", () => {
  async function postponed(): Promise<AgentAtWork & { allow(): void }> {
    let allowed = false;
    const simulated = await begin({
      restart: async () => (allowed ? simulated.device.boot() : "postponed"),
    });
    simulated.server.offered = deploymentOf("7", second);
    expect(await simulated.agent.runOnce()).toMatchObject({ did: "installed", action: "7" });
    expect(simulated.device.status()).toMatchObject({ running: { sequence: 5n }, boot: { state: "armed" } });
    return {
      ...simulated,
      allow() {
        allowed = true;
      },
    };
  }

  test("is asked for again at each round, without a second download", async () => {
    const { agent, server, allow } = await postponed();
    expect(await agent.runOnce()).toMatchObject({ did: "installed" });
    allow();
    expect(await agent.runOnce()).toMatchObject({ did: "updated" });
    expect(server.calls.filter((call) => call.startsWith("GET firmware"))).toHaveLength(1);
    expect(server.feedbacks.at(-1)).toBe("POST 7 closed/success running-verified");
  });

  test("can be cancelled: the cancellation is true", async () => {
    const { agent, device, server, allow } = await postponed();
    server.cancelling = "7";
    expect(await agent.runOnce()).toMatchObject({ did: "cancelled", action: "7" });
    expect(server.feedbacks.at(-1)).toBe("POST cancel 7 closed/success cancelled");
    allow();
    expect(await device.boot()).toMatchObject({ booted: { sequence: 5n }, mode: "confirmed" });
    expect(await agent.runOnce()).toMatchObject({ did: "nothing" });
  });

  test("is not touched by the cancellation of another action", async () => {
    const { agent, device, server } = await postponed();
    server.cancelling = "9";
    await agent.runOnce();
    expect(device.status()).toMatchObject({ boot: { state: "armed" }, report: { action: "7" } });
  });
});

describe("cancelling", () => {
  test("forgets what was downloaded so far", async () => {
    const { agent, server } = await begin();
    server.offered = deploymentOf("7", second);
    server.cutAfter = 600;
    await expect(agent.runOnce()).rejects.toMatchObject({ code: "link-lost" });
    server.cancelling = "7";
    expect(await agent.runOnce()).toMatchObject({ did: "cancelled" });
    server.cutAfter = undefined;
    server.offered = deploymentOf("8", second);
    server.calls.length = 0;
    expect(await agent.runOnce()).toMatchObject({ did: "updated" });
    expect(server.calls).toContain("GET firmware.bin from 0");
  });

  test("is rejected while the image is on trial and there is nothing to go back to", async () => {
    const { agent, device, flash, server } = await begin({ selfTest: async () => "failed" });
    server.offered = deploymentOf("7", second);
    server.intercept = (call) => {
      if (call.endsWith("installed")) flash.tamper(testLayout.slots.a.imageOffset, new Uint8Array(16));
    };
    expect(await agent.runOnce()).toMatchObject({ did: "nothing" });
    expect(device.status()).toMatchObject({ running: { sequence: 6n }, mode: "trial" });
    server.cancelling = "7";
    expect(await agent.runOnce()).toMatchObject({ did: "nothing" });
    expect(server.feedbacks.at(-1)).toBe("POST cancel 7 rejected/none trial-running");
    expect(device.status()).toMatchObject({ running: { sequence: 6n }, mode: "trial" });
  });

  for (const step of ["downloaded", "staged", "installed"]) {
    test(`an action that the server closed meanwhile is given up at "${step}"`, async () => {
      const { agent, device, server } = await begin();
      server.offered = deploymentOf("7", second);
      server.intercept = (call) => {
        if (call.endsWith(step)) throw fault("gone", false);
      };
      expect(await agent.runOnce()).toMatchObject({ did: "cancelled" });
      expect(await device.boot()).toMatchObject({ booted: { sequence: 5n }, mode: "confirmed" });
      expect(device.status()).toMatchObject({ boot: { state: "idle" }, report: undefined });
    });
  }

  test("a last report that nobody wants is dropped", async () => {
    const { agent, device, server, events } = await begin();
    server.offered = deploymentOf("7", second);
    server.intercept = (call) => {
      if (call.includes("closed")) throw fault("gone", false);
    };
    expect(await agent.runOnce()).toMatchObject({ did: "updated" });
    expect(events).toContainEqual({ event: "report-unwanted", action: "7" });
    expect(device.status().report).toBeUndefined();
  });
});

test("the report names the manifest that was armed", async () => {
  let digest = "";
  const simulated = await begin({
    restart: async () => {
      const { report } = simulated.device.status();
      expect(report?.action).toBe("7");
      digest = bytesToHex(report?.manifestDigest ?? new Uint8Array());
      return simulated.device.boot();
    },
  });
  simulated.server.offered = deploymentOf("7", second);
  await simulated.agent.runOnce();
  expect(digest).toBe(bytesToHex(simulated.device.status().running.manifestDigest));
});
