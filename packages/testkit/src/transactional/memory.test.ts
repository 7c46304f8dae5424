/** The rules of transactional work on memory. */
import { memoryHome } from "../stores/memory-home.ts";
import { transactionalRules } from "./index.ts";

transactionalRules(memoryHome(), { hasTransactions: false, multiProcess: false });
