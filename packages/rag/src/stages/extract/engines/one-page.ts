/** Documents without pages of their own, as engines hand them on: one page, number 1. */
import { cleanText } from "../clean-text.ts";
import type { WindowResult } from "../protocol.ts";
import { EngineError } from "./engine.ts";

/** The text as a document's only page. @throws EngineError `empty` where nothing is left of it. */
export function onePage(text: string): WindowResult {
  const cleaned = cleanText(text).trimStart();
  if (cleaned === "") throw new EngineError("empty", "it has no text");
  return { totalPages: 1, pages: [{ number: 1, text: cleaned }] };
}
