import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { buildProduct } from "../../firmware-fixtures/product-rtu/build-product.ts";
import { productSource } from "../../firmware-fixtures/product-rtu/product-source.ts";
import { type BenchResult, least, median } from "./bench.ts";
import { mustRun } from "./run-process.ts";

const records = 2000;

/** The gate as a person calls it, on the example product with as many records as a product gathers in years. */
export async function benchSdl(cli: string, folder: string, rounds: number): Promise<BenchResult> {
  const source = productSource();
  const pattern = source.records.find(({ id }) => id === "static-analysis");
  if (pattern === undefined) throw new Error("the example has no such record");
  for (let n = source.records.length; n < records; n++)
    source.records.push({ ...pattern, id: `scan-${n}`, tool: `tool ${n}` });
  const product = path.join(folder, "product");
  for (const [name, bytes] of await buildProduct(source)) {
    const file = path.join(product, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
  }
  const at = ["--at", "2026-11-23T12:00:00Z"];
  const gate: { seconds: number; megabytes: number }[] = [];
  const lint: number[] = [];
  const bare: number[] = [];
  const small = path.join(folder, "small");
  cpSync(path.resolve(import.meta.dirname, "../../firmware-fixtures/product-rtu"), small, { recursive: true });
  for (let round = 0; round < rounds; round++) {
    const judged = await mustRun(process.execPath, [cli, "sdl", "gate", "--product", product, ...at], {
      watch: "memory",
    });
    gate.push({ seconds: judged.wallMs / 1000, megabytes: judged.peakMb ?? 0 });
    const linted = await mustRun(process.execPath, [cli, "sdl", "lint", "--product", small, "--file", ".sdl/soa.yaml"]);
    lint.push(linted.wallMs / 1000);
    bare.push((await mustRun(process.execPath, ["-e", "0"])).wallMs / 1000);
  }
  return {
    name: `sdl gate of ${records} records`,
    rows: [
      { what: "gate", measured: median(gate.map(({ seconds }) => seconds)), unit: "s", budget: 3 },
      {
        what: "gate, largest memory",
        measured: Math.max(...gate.map(({ megabytes }) => megabytes)),
        unit: "MB",
        budget: 200,
      },
      { what: "lint of one file", measured: least(lint), unit: "s", budget: 0.2 },
      { what: "lint of one file, median", measured: median(lint), unit: "s" },
      { what: "node -e 0, median", measured: median(bare), unit: "s" },
    ],
    details: { rounds },
  };
}
