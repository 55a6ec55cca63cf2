export * from "./algorithm.ts";
export * from "./sign1.ts";
