import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import type { PublishStep } from "@sumac/tuf/writer";
import { writeTree } from "@sumac/tuf/writer/node";

/**
 * A publication is several files. All of them are written here first, in one file, which then is carried out: whoever
 * starts after a kill finds either nothing, or everything that is still to be done.
 */
export class PendingPublication {
  readonly #folder: string;
  readonly #tree: string;
  readonly #file = "pending.json";

  constructor({ folder, tree }: { readonly folder: string; readonly tree: string }) {
    this.#folder = folder;
    this.#tree = tree;
  }

  /** Brings all steps into the tree, or throws and leaves them to `finish`. No reader of this process comes between. */
  carryOut(steps: readonly PublishStep[]): void {
    if (steps.length === 0) return;
    const kept = steps.map(({ path: name, write, bytes }) => ({
      path: name,
      write,
      bytes: Buffer.from(bytes).toString("base64"),
    }));
    const bytes = new TextEncoder().encode(JSON.stringify(kept));
    writeTree(this.#folder, [{ path: this.#file, bytes, write: "replace" }]);
    writeTree(this.#tree, steps);
    this.drop();
  }

  /** What an earlier run could not bring to its end. */
  finish(): "nothing-pending" | "finished" {
    const steps = this.#read();
    if (steps === undefined) return "nothing-pending";
    writeTree(this.#tree, steps);
    this.drop();
    return "finished";
  }

  drop(): void {
    rmSync(path.join(this.#folder, this.#file), { force: true });
  }

  #read(): readonly PublishStep[] | undefined {
    let text: string;
    try {
      text = readFileSync(path.join(this.#folder, this.#file), "utf8");
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw thrown;
    }
    const kept = JSON.parse(text) as readonly (Omit<PublishStep, "bytes"> & { readonly bytes: string })[];
    return kept.map((step) => ({ ...step, bytes: new Uint8Array(Buffer.from(step.bytes, "base64")) }));
  }
}
