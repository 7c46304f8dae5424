import { describe } from "vitest";
import { holdsOnEveryStore } from "./holds.ts";

describe("every line of the document system's list holds", () =>
  holdsOnEveryStore("01-document-processing", 16));
