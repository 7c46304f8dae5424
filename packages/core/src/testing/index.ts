/** What tests of programs built on millrace use. */
export { VirtualTime } from "./virtual-time.ts";
