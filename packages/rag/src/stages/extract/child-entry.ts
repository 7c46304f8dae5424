/** The program an extraction child process runs. */
import { serve } from "./child.ts";

serve({
  liteparse: async () => (await import("./engines/liteparse.ts")).liteparseEngine(),
  mammoth: async () => (await import("./engines/mammoth.ts")).mammothEngine(),
  pdfium: async () => (await import("./engines/pdfium.ts")).pdfiumEngine(),
  turndown: async () => (await import("./engines/turndown.ts")).turndownEngine(),
  unpdf: async () => (await import("./engines/unpdf.ts")).unpdfEngine(),
});
