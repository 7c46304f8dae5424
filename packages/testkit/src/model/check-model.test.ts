import { memoryHome } from "../stores/memory-home.ts";
import { modelRules } from "./check-model.ts";

modelRules(memoryHome(), { runs: 500 });
