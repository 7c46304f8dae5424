/** The reference model beside postgres. */
import { postgresHome } from "../stores/postgres-home.ts";
import { modelRules } from "./check-model.ts";

modelRules(postgresHome("model"), { runs: 300, bursts: 20 });
