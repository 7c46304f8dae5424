/** The rules of transactional work on pglite. */
import { pgliteHome } from "../stores/pglite-home.ts";
import { transactionalRules } from "./index.ts";

transactionalRules(pgliteHome(), { hasTransactions: true, multiProcess: false });
