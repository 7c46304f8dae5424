import { describe } from "vitest";
import { holdsOnEveryStore } from "./holds.ts";

describe("every line of the storefront's list holds", () => holdsOnEveryStore("03-storefront", 13));
