import { describe } from "vitest";
import { run } from "../../examples/01-document-processing/main.ts";
import { holdsOnEveryStore } from "./holds.ts";

describe("every line of the document system's list holds", () => holdsOnEveryStore(run, 16));
