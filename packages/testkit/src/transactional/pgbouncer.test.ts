/** The rules of transactional work on postgres behind PgBouncer in transaction mode. */
import { pgbouncerHome } from "../stores/pgbouncer-home.ts";
import { transactionalRules } from "./index.ts";

transactionalRules(pgbouncerHome("transactional_pgbouncer"), { hasTransactions: true, multiProcess: true });
