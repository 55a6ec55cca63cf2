#!/usr/bin/env node
import { nodeIo } from "./node-io.ts";
import { runCommand } from "./run-command.ts";

// Ends at once: a command that was interrupted may still be waiting for a disk or a server.
process.exit(await runCommand(process.argv.slice(2), nodeIo()));
