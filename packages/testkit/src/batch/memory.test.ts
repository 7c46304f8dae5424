/** The batch rules on memory. */
import { memoryHome } from "../stores/memory-home.ts";
import { batchRules } from "./index.ts";

batchRules(memoryHome(), { stride: 1, doomedStride: 1, sparseStride: 1, pipelineStride: 1 });
