/** The conformance suite on postgres behind PgBouncer in transaction mode. */
import { pgbouncerHome } from "../stores/pgbouncer-home.ts";
import { conformance } from "./index.ts";

conformance(pgbouncerHome("conformance_pgbouncer"));
