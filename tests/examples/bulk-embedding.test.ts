import { describe } from "vitest";
import { holdsOnEveryStore } from "./holds.ts";

describe("every line of the bulk embedding service's list holds", () =>
  holdsOnEveryStore("04-bulk-embedding", 17));
