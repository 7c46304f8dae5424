// Owns millrace on its memory store as the benchmark sees it.
import { memoryStore } from "../../../packages/core/dist/index.js";
import { openOn } from "./millrace.mjs";

export const openSystem = () => openOn(memoryStore());
