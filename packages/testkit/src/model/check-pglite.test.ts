/** The reference model beside pglite. */
import { pgliteHome } from "../stores/pglite-home.ts";
import { modelRules } from "./check-model.ts";

modelRules(pgliteHome(), { runs: 300, bursts: 20 });
