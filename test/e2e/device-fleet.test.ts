import { afterAll, beforeAll, expect, test } from "vitest";
import { fixture } from "../support/example-product.ts";
import { SumacProcess, sumac } from "../support/sumac-process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const folder = temporaryFolder();
const vendor = fixture("keys", "vendor.test-only.public.pem");
let server: SumacProcess;
let url = "";

beforeAll(async () => {
  for (const [version, sequence] of [
    ["1.1.0", "2"],
    ["1.2.0", "3"],
  ] as const) {
    const image = fixture("images", `rtu-demo-${version}.bin`);
    const words = ["release", "build", image, "--config", fixture("sumac.yaml"), "--version", version];
    const signer = ["--test-only-key", fixture("keys", "vendor.test-only.private.pem")];
    expect(await sumac([...words, "--sequence", sequence, ...signer], { folder })).toMatchObject({ code: 0 });
  }
  const tokens = ["--publish-token-file", "publish.token", "--device-token-file", "device.token"];
  const serve = ["serve", "--data", "data", "--trust", vendor, "--port", "0", "--polling-seconds", "2", "--json"];
  server = new SumacProcess([...serve, ...tokens], { folder });
  url = String((await server.next("listening"))["url"]);
  const publish = ["publish", "rtu-demo-1.2.0.suit", "--server", url, "--token-file", "publish.token"];
  expect(await sumac(publish, { folder })).toMatchObject({ code: 0, stderr: "" });
});
afterAll(() => server.kill("SIGKILL"));

interface Figures {
  readonly devices: number;
  readonly running: Record<string, number>;
  readonly polls: number;
  readonly updates: number;
  readonly faults: Record<string, number>;
  readonly refused: Record<string, number>;
  readonly peakMb: number;
  readonly pollsPerSecond: number;
}

const fleet = (count: number, ...words: readonly string[]): SumacProcess =>
  new SumacProcess(
    [
      ...["device", "fleet", "--count", `${count}`, "--server", url, "--token-file", "device.token"],
      ...["--config", fixture("sumac.yaml"), "--trust", vendor, "--factory", "rtu-demo-1.1.0.suit", "--json", ...words],
    ],
    { folder },
  );

test("200 devices against a real server: every one is updated, and none costs a megabyte", {
  timeout: 120_000,
}, async () => {
  const ended = await fleet(200, "--ramp", "2", "--until-sequence", "3", "--seconds", "100").ended;
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  const figures = ended.json<Figures>();
  expect(figures).toMatchObject({ devices: 200, running: { "3": 200 }, updates: 200, faults: {}, refused: {} });
  expect(figures.polls).toBeGreaterThanOrEqual(200);
  // The process itself takes about 200 MB before the first device.
  expect(figures.peakMb).toBeLessThan(400);
});

test("a signal ends it in order, with the figures so far", { timeout: 60_000 }, async () => {
  const running = fleet(20, "--prefix", "other-", "--ramp", "0");
  await new Promise((resolve) => setTimeout(resolve, 4000));
  running.kill("SIGTERM");
  const ended = await running.ended;
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(ended.json<Figures>().devices).toBe(20);
});
