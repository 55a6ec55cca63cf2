import { decryptionContract } from "./decryption.contract.ts";
import { nodeDecryption } from "./node-decryption.ts";

decryptionContract("node:crypto", nodeDecryption);
