export * from "./node-file-flash.ts";
export * from "./node-http.ts";
export * from "./node-wait.ts";
