export * from "./node-pty-link.ts";
export * from "./node-serial-link.ts";
export * from "./node-tcp-link.ts";
export { nodeTimer } from "./node-timer.ts";
