/** Restart on the embedded store: at random moments, while the database itself is made among them. */
import { embeddedPlace } from "./place.ts";
import { describeRestarts } from "./restart-tests.ts";

describeRestarts(embeddedPlace());
