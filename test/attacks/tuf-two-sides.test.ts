import {
  type CustomMember,
  customMembers,
  type EnvelopeFacts,
  jsonValue,
  matchCustom,
  type PlainJson,
  plantVerdict,
  type TufRefusal,
} from "@sumac/tuf";
import { describe, expect, test } from "vitest";
import { TestClient } from "../support/tuf-client.ts";
import { repositoryKey } from "../support/tuf-key.ts";
import { day, start, TestRepository } from "../support/tuf-repository.ts";

const path = "drives/dx9/2.4.0.suit";

const envelope: EnvelopeFacts = {
  line: "drives",
  vendorId: "fa6b4a53-d5ad-5fdf-be9d-e663e4d41ffe",
  classId: "1492af14-2569-5e48-bf42-9b2d51f2ab45",
  deviceId: "0b1d3a3c-6f0f-4f4b-9f0e-0c3c5a6f7e01",
  sequence: 240n,
  components: ["00", "01/02"],
  envelopeType: "application/suit-envelope+cose; manifest=1",
};

const custom: { readonly [member in CustomMember]: PlainJson } = {
  line: "drives",
  vendor_id: envelope.vendorId,
  class_id: envelope.classId,
  device_id: "0b1d3a3c-6f0f-4f4b-9f0e-0c3c5a6f7e01",
  sequence: 240,
  components: ["01/02", "00"],
  envelope_type: envelope.envelopeType,
};

const otherValues: { readonly [member in CustomMember]: PlainJson } = {
  line: "motors",
  vendor_id: "00000000-0000-5000-8000-000000000000",
  class_id: "00000000-0000-5000-8000-000000000000",
  device_id: "00000000-0000-4000-8000-000000000000",
  sequence: 241,
  components: ["00"],
  envelope_type: "application/octet-stream",
};

function found(
  members: { readonly [member: string]: PlainJson | undefined } | undefined,
  role = "line-drives",
  at = path,
) {
  const value = members === undefined ? undefined : jsonValue(members);
  return { path: at, role, custom: value?.kind === "object" ? value : undefined };
}

describe("row 51, T-TUF-CUSTOM-MISMATCH: what the repository says about an envelope must be what the envelope says", () => {
  test("it may", () => {
    expect(matchCustom(found(custom), envelope)).toMatchObject({ ok: true });
    expect(matchCustom(found(custom, "line-drives-dx9-2026"), envelope)).toMatchObject({ ok: true });
  });

  test("a device id may be missing on both sides", () => {
    const { deviceId: _, ...anyDevice } = envelope;
    expect(matchCustom(found({ ...custom, device_id: undefined }), anyDevice)).toMatchObject({ ok: true });
    expect(matchCustom(found(custom), anyDevice)).toMatchObject({
      error: { code: "custom-mismatch", member: "device_id", suit: null },
    });
  });

  test.each(customMembers)("%s differs", (member) => {
    const result = matchCustom(found({ ...custom, [member]: otherValues[member] }), envelope);
    expect(result).toMatchObject({ ok: false, error: { code: "custom-mismatch", member } });
  });

  test.each(customMembers)("%s is missing in the repository", (member) => {
    const result = matchCustom(found({ ...custom, [member]: undefined }), envelope);
    expect(result).toMatchObject({ ok: false, error: { code: "custom-mismatch", member, tuf: null } });
  });

  test.each(customMembers)("%s is of another type", (member) => {
    const result = matchCustom(found({ ...custom, [member]: member === "sequence" ? "240" : 240 }), envelope);
    expect(result).toMatchObject({ ok: false, error: { code: "custom-mismatch", member } });
  });

  test("a component that looks like two", () => {
    const result = matchCustom(found({ ...custom, components: ['00","01/02'] }), envelope);
    expect(result).toMatchObject({ ok: false, error: { member: "components" } });
  });

  test("no custom at all", () => {
    expect(matchCustom(found(undefined), envelope)).toMatchObject({ ok: false, error: { member: "line", tuf: null } });
  });

  test("the path and the role must be of the line too", () => {
    const elsewhere = matchCustom(found(custom, "line-drives", "motors/dx9/2.4.0.suit"), envelope);
    expect(elsewhere).toMatchObject({ ok: false, error: { member: "line", tuf: "motors" } });
    const stranger = matchCustom(found(custom, "line-motors"), envelope);
    expect(stranger).toMatchObject({ ok: false, error: { member: "line", tuf: "line-motors" } });
    const alike = matchCustom(found(custom, "line-drivesmart"), envelope);
    expect(alike).toMatchObject({ ok: false, error: { member: "line", tuf: "line-drivesmart" } });
  });
});

/** The plant's repository: its own root, and one list of what it approves. */
function plantRepository(content: string, members: PlainJson = custom): TestRepository {
  const repository = new TestRepository();
  repository.addTarget("targets", path, content, members);
  repository.publishAll();
  return repository;
}

function vendorRepository(): TestRepository {
  const repository = new TestRepository();
  repository.delegate("line-drives", ["drives/*/*"]);
  repository.addTarget("line-drives", path, "the envelope", custom);
  repository.publishAll();
  return repository;
}

const now = { seconds: start, meaning: "now", source: "trusted" } as const;

function verdict(plant: TestClient, time: { seconds: bigint; meaning: "now"; source: "trusted" } = now) {
  return plantVerdict(path, new TestClient(vendorRepository()).update(path), plant.update(path), time);
}

describe("row 52, T-TUF-PLANT-DISAGREES: the plant as a second authority", () => {
  test("both list the same: installable", () => {
    expect(verdict(new TestClient(plantRepository("the envelope")))).toMatchObject({ ok: true });
  });

  test("the plant lists another hash, of the same length", () => {
    expect(verdict(new TestClient(plantRepository("The envelope")))).toMatchObject({
      ok: false,
      error: { by: "both", refusal: { code: "plant-disagrees", member: "sha256" } },
    });
  });

  test("the plant lists another length", () => {
    expect(verdict(new TestClient(plantRepository("the envelopes")))).toMatchObject({
      ok: false,
      error: { refusal: { code: "plant-disagrees", member: "length" } },
    });
  });

  test.each(customMembers)("the plant says another %s", (member) => {
    const plant = plantRepository("the envelope", { ...custom, [member]: otherValues[member] });
    expect(verdict(new TestClient(plant))).toMatchObject({
      ok: false,
      error: { refusal: { code: "plant-disagrees", member } },
    });
  });

  test("the plant is silent: it waits", () => {
    const plant = new TestRepository();
    plant.publishAll();
    expect(verdict(new TestClient(plant))).toMatchObject({
      ok: false,
      error: { by: "plant", refusal: { code: "not-approved", target: path } },
    });
  });

  test("the plant's metadata has expired", () => {
    const plant = new TestClient(plantRepository("the envelope"));
    plant.now = start + 2n * day;
    expect(verdict(plant)).toMatchObject({
      ok: false,
      error: { by: "plant", refusal: { code: "expired", role: "timestamp" } },
    });
  });

  test("the plant's root was rotated", () => {
    const repository = plantRepository("the envelope");
    const plant = new TestClient(repository);
    plant.refresh();
    repository.root.keys = [...repository.root.keys.slice(1), repositoryKey()];
    repository.root.signers = repository.root.keys;
    repository.publishRoot();
    expect(verdict(plant)).toMatchObject({ ok: true });
  });

  test("an approval ends by its own date, or by one that is none", () => {
    const until = (expires: string) =>
      verdict(new TestClient(plantRepository("the envelope", { ...custom, expires })), {
        ...now,
        seconds: start + day,
      });
    expect(until("2026-06-03T00:00:00Z")).toMatchObject({ ok: true });
    expect(until("2026-06-02T00:00:00Z")).toMatchObject({ ok: false, error: { refusal: { code: "not-approved" } } });
    expect(until("next week")).toMatchObject({ ok: false, error: { refusal: { code: "not-approved" } } });
  });

  test("the plant lifts no refusal of the vendor's", () => {
    const refusal: TufRefusal = { code: "target-unknown", target: path };
    const plant = new TestClient(plantRepository("the envelope")).update(path);
    expect(plantVerdict(path, { ok: false, error: refusal }, plant, now)).toEqual({
      ok: false,
      error: { by: "vendor", refusal },
    });
  });
});
