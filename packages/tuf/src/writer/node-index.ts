export * from "./node-tree.ts";
