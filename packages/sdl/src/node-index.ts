export * from "./node-read-product.ts";
