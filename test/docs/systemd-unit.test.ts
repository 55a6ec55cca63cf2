import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { readPage, root } from "./markdown.ts";

const text = readFileSync(path.join(root, "docs/systemd/sumac-device.service"), "utf8");
const settings = new Map(
  text
    .split("\n")
    .filter((line) => /^[A-Z]\w+=/.test(line))
    .map((line): [string, string] => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
);

test("the unit takes rights away, and each is explained", () => {
  const hardened = {
    NoNewPrivileges: "yes",
    ProtectSystem: "strict",
    ProtectHome: "yes",
    PrivateTmp: "yes",
    PrivateDevices: "yes",
    ProtectKernelModules: "yes",
    RestrictNamespaces: "yes",
    RestrictSUIDSGID: "yes",
    CapabilityBoundingSet: "",
    UMask: "0077",
  };
  for (const [name, value] of Object.entries(hardened)) expect([name, settings.get(name)]).toEqual([name, value]);
  expect(settings.get("User")).not.toBe("root");
  // Every block of settings in [Service] has a comment above it.
  const service = text.slice(text.indexOf("[Service]"), text.indexOf("[Install]"));
  const uncommented = service
    .split(/\n\n/)
    .filter((block) => /^[A-Z]/m.test(block) && !/^#/m.test(block) && !block.includes("User="));
  expect(uncommented).toEqual([]);
});

test("it starts what there is: the command, its signals and its exit code", () => {
  expect(settings.get("Type")).toBe("exec");
  expect(settings.get("ExecStart")).toMatch(/sumac device agent --config \S+$/);
  expect(settings.get("ExecReload")).toContain("-HUP");
  const codes = readFileSync(path.join(root, "packages/cli/src/exit-code.ts"), "utf8");
  expect(codes).toContain(`restart: ${settings.get("SuccessExitStatus")}`);
  expect(readPage("docs/device-integrator.md")).toContain("systemd/sumac-device.service");
});
