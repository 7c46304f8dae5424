import { describe } from "vitest";
import { run } from "../../examples/04-bulk-embedding/main.ts";
import { holdsOnEveryStore } from "./holds.ts";

describe("every line of the bulk embedding service's list holds", () => holdsOnEveryStore(run, 17));
