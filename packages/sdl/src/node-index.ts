export { builtInCatalogue } from "./catalogue.ts";
export * from "./catalogue-file.ts";
export * from "./node-gate-input.ts";
export * from "./node-git.ts";
export * from "./node-read-product.ts";
