/** The batch rules on pglite. */
import { pgliteHome } from "../stores/pglite-home.ts";
import { batchRules } from "./index.ts";

batchRules(pgliteHome(), { stride: 1, doomedStride: 8, sparseStride: 12, pipelineStride: 12 });
