/** Everything but the quick start, as one part of the built command. */
export { nodeIo } from "./node-io.ts";
export { runCommand } from "./run-command.ts";
