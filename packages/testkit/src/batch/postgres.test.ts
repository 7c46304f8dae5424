/** The batch rules on postgres. */
import { postgresHome } from "../stores/postgres-home.ts";
import { batchRules } from "./index.ts";

batchRules(postgresHome("batch"), { stride: 15, doomedStride: 30, sparseStride: 20, pipelineStride: 40 });
