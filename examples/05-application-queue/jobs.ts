/** What the application does in the background: e-mails, an export with a hook at its end, an analysis of many texts. */
import { rename, writeFile } from "node:fs/promises";
import type { HandlerContext } from "millrace";

export interface Email {
  readonly to: string;
}

export interface ExportRequest {
  readonly path: string;
  readonly rows: readonly (readonly (string | number)[])[];
}

export interface Analysis {
  readonly texts: readonly string[];
}

export interface AnalysisResult {
  readonly words: number;
  readonly longest: string;
}

/** The application's job types. */
export type ApplicationJobs = {
  readonly email: { readonly data: Email; readonly result: { readonly messageId: string } };
  readonly export: {
    readonly data: ExportRequest;
    readonly result: { readonly path: string; readonly rows: number };
  };
  readonly analysis: { readonly data: Analysis; readonly result: AnalysisResult };
  readonly slow: { readonly data: { readonly ms: number }; readonly result: string };
};

/** Writes a CSV file under another name first, so that nobody ever reads half of it, nor a second attempt's beside it. */
export async function exportRows({ path, rows }: ExportRequest, ctx: HandlerContext) {
  const lines: string[] = [];
  for (const [index, row] of rows.entries()) {
    lines.push(row.map(csvField).join(","));
    ctx.progress(Math.round((100 * (index + 1)) / rows.length));
  }
  const half = `${path}.${ctx.job.id}`;
  await writeFile(half, `${lines.join("\n")}\n`, { signal: ctx.signal });
  await rename(half, path);
  return { path, rows: rows.length };
}

function csvField(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Goes through texts ten by ten; begun again, it goes on behind the last ten that were done. */
export async function analyse({ texts }: Analysis, ctx: HandlerContext): Promise<AnalysisResult> {
  let { next, words, longest } = JSON.parse(
    ctx.checkpoint ?? '{"next":0,"words":0,"longest":""}',
  ) as AnalysisResult & { next: number }; // written below
  while (next < texts.length) {
    for (const text of texts.slice(next, next + 10)) {
      const found = text.split(/\s+/).filter(Boolean);
      words += found.length;
      for (const word of found) if (word.length > longest.length) longest = word;
    }
    next = Math.min(next + 10, texts.length);
    ctx.progress({ done: next, total: texts.length });
    await ctx.save({ checkpoint: JSON.stringify({ next, words, longest }) });
  }
  return { words, longest };
}
