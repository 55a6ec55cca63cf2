export * from "./built-in-catalogue.ts";
export * from "./node-gate-input.ts";
export * from "./node-git.ts";
export * from "./node-read-product.ts";
