/** The rules of transactional work on postgres. */
import { postgresHome } from "../stores/postgres-home.ts";
import { transactionalRules } from "./index.ts";

transactionalRules(postgresHome("transactional"), { hasTransactions: true, multiProcess: true });
