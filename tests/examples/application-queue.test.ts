import { describe } from "vitest";
import { holdsOnEveryStore } from "./holds.ts";

describe("every line of the application queue's list holds", () =>
  holdsOnEveryStore("05-application-queue", 14));
