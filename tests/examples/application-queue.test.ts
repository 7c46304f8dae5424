import { describe } from "vitest";
import { run } from "../../examples/05-application-queue/main.ts";
import { holdsOnEveryStore } from "./holds.ts";

describe("every line of the application queue's list holds", () => holdsOnEveryStore(run, 14));
