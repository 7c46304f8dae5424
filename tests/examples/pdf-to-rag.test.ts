import { describe } from "vitest";
import { run } from "../../examples/02-pdf-to-rag/main.ts";
import { holdsOnEveryStore } from "./holds.ts";

describe("every line of the PDF pipeline's list holds", () => holdsOnEveryStore(run, 9));
