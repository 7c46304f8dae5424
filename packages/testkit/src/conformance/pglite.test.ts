/** The conformance suite on pglite. */
import { pgliteHome } from "../stores/pglite-home.ts";
import { conformance } from "./index.ts";

conformance(pgliteHome());
