import { describe } from "vitest";
import { run } from "../../examples/03-storefront/main.ts";
import { holdsOnEveryStore } from "./holds.ts";

describe("every line of the storefront's list holds", () => holdsOnEveryStore(run, 13));
