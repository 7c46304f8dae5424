/** Restart at random moments: on the embedded store, while the database itself is made among them, and on a server. */
import { embeddedPlace, serverPlace } from "./place.ts";
import { describeRestarts } from "./restart-tests.ts";

describeRestarts([embeddedPlace(), serverPlace(process.env.MILLRACE_TEST_POSTGRES_URL ?? "")]);
