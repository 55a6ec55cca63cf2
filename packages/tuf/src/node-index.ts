export { rsaPssScheme } from "./node-rsa-pss.ts";
