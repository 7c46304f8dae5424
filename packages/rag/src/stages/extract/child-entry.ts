/** The program an extraction child process runs. */
import { serve } from "./child.ts";

serve({
  liteparse: async () => (await import("./engines/liteparse.ts")).liteparseEngine(),
  pdfium: async () => (await import("./engines/pdfium.ts")).pdfiumEngine(),
  unpdf: async () => (await import("./engines/unpdf.ts")).unpdfEngine(),
});
