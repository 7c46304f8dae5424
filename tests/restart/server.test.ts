/** Restart on a PostgreSQL server: at random moments. */
import { serverPlace } from "./place.ts";
import { describeRestarts } from "./restart-tests.ts";

describeRestarts(serverPlace(process.env.MILLRACE_TEST_POSTGRES_URL ?? ""));
