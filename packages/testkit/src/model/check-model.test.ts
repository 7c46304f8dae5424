import { modelRules } from "./check-model.ts";
import { memoryHome } from "./memory-home.fixture.ts";

modelRules(memoryHome, { runs: 500 });
