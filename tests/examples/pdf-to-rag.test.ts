import { describe } from "vitest";
import { holdsOnEveryStore } from "./holds.ts";

describe("every line of the PDF pipeline's list holds", () => holdsOnEveryStore("02-pdf-to-rag", 9));
