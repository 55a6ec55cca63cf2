#!/usr/bin/env node
import { startFully } from "./full-start.ts";

// Ends at once: a command that was interrupted may still be waiting for a disk or a server.
process.exit(await startFully(process.argv.slice(2)));
