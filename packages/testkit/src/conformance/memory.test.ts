/** The conformance suite on the memory store. */
import { memoryHome } from "../stores/memory-home.ts";
import { conformance } from "./index.ts";

conformance(memoryHome());
