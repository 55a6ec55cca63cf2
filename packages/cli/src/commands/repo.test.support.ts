/** A repository of tests, made by its commands as three key holders would. Keys are gone with the folder. */
import { copyFileSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { generateKey } from "../generated-key.test.support.ts";
import { emptyFolder, fixture, type Said, sumac } from "../sumac.test.support.ts";

const names = ["alice", "bob", "carol", "tom", "tina", "rel", "snap", "time", "fresh"] as const;
export const init: string =
  "repo init repo --root alice.pub.pem --root bob.pub.pem --root carol.pub.pem --targets tom.pub.pem --targets tina.pub.pem --snapshot snap.pub.pem --timestamp time.pub.pem";
export const publish: string = "repo publish repo --test-only-key snap.pem --test-only-key time.pem";
export const target: string = "drives/rtu-demo/1.1.0.suit";

export const run = (folder: string, line: string, options: Parameters<typeof sumac>[1] = {}): Promise<Said> =>
  sumac(line.split(" "), { folder, ...options });

export async function done(folder: string, line: string): Promise<Said> {
  const said = await run(folder, line);
  if (said.code !== 0) throw new Error(`${line}\n${said.stdout}${said.stderr}`);
  return said;
}

export const digestOf = (folder: string, ceremony: string): string =>
  (JSON.parse(readFileSync(path.join(folder, requestOf(ceremony)), "utf8")) as { digest: string }).digest;

export const requestOf = (ceremony: string): string => `repo/ceremonies/${ceremony}/request.json`;

export const sign = (folder: string, ceremony: string, who: string): Promise<Said> =>
  done(
    folder,
    `repo sign ${requestOf(ceremony)} --test-only-key ${who}.pem --yes --expect ${digestOf(folder, ceremony)}`,
  );

export async function ceremony(folder: string, name: string, ...who: readonly string[]): Promise<void> {
  for (const each of who) await sign(folder, name, each);
  await done(folder, `repo combine repo ${name.slice(name.indexOf("-") + 1)}`);
}

export function newFolder(): string {
  const folder = emptyFolder();
  for (const name of names) generateKey(folder, name, name === "bob" || name === "rel" ? "p256" : "ed25519");
  copyFileSync(fixture("sumac.yaml"), path.join(folder, "sumac.yaml"));
  copyFileSync(fixture("images", "rtu-demo-1.1.0.bin"), path.join(folder, "fw.bin"));
  return folder;
}

/** Root and targets with one line, signed; a built and signed envelope. */
export async function ready(): Promise<string> {
  const folder = newFolder();
  await done(folder, init);
  await ceremony(folder, "1-root", "alice", "bob");
  await done(folder, "repo line add repo drives --key rel.pub.pem");
  await ceremony(folder, "1-targets", "tom", "tina");
  await done(folder, "release build fw.bin --config sumac.yaml --version 1.1.0 --sequence 2 --out r.suit");
  await done(folder, "release sign r.suit --test-only-key rel.pem");
  return folder;
}

export async function published(): Promise<string> {
  const folder = await ready();
  await done(folder, "repo release add repo r.suit --line drives");
  await ceremony(folder, "1-line-drives", "rel");
  await done(folder, publish);
  return folder;
}

export const metadata = (folder: string): string[] => readdirSync(path.join(folder, "repo", "metadata")).sort();

export const tree = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(path.join(folder, "repo"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [path.relative(folder, file), readFileSync(file, "latin1")]),
  );

/** Refused with this code, a hint, and nothing changed. */
export async function refused(folder: string, line: string, code: string, exit: number, options = {}): Promise<Said> {
  const before = tree(folder);
  const said = await run(folder, line, options);
  expect({ line, code: /^error\[(.+?)\]/m.exec(said.stderr)?.[1], exit: said.code }, said.stderr).toEqual({
    line,
    code,
    exit,
  });
  expect(said.stderr).toMatch(/^hint: .+$/m);
  expect(tree(folder)).toEqual(before);
  return said;
}
