/** The conformance suite on postgres. */
import { postgresHome } from "../stores/postgres-home.ts";
import { conformance } from "./index.ts";

conformance(postgresHome("conformance"));
