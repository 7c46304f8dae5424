/** Prints a run's ledger, page by page, so that any number of items takes no memory. */
import type { ItemRow, RunRow } from "@millrace/core";
import { EXIT } from "../exit-code.ts";
import type { Format } from "../output.ts";
import type { OpenHome, Shell } from "../shell.ts";
import { nearPath, visible } from "../words.ts";

/** Which items, and how they are printed. */
export interface ItemsRequest {
  readonly row: RunRow;
  readonly state?: ItemRow["state"] | undefined;
  /** Of every step where left out. */
  readonly step?: string | undefined;
  readonly output: Format;
}

const PAGE = 500;

/** Prints the items, step by step. */
export async function listItems(shell: Shell, home: OpenHome, request: ItemsRequest): Promise<number> {
  const printer = printerOf(shell, request.output);
  printer.start();
  for (const step of request.step === undefined ? Object.keys(request.row.counters) : [request.step]) {
    for await (const item of itemsOf(home, request, step)) printer.item(step, item);
  }
  printer.end();
  return EXIT.ok;
}

async function* itemsOf(home: OpenHome, request: ItemsRequest, step: string): AsyncGenerator<ItemRow> {
  const { row, state } = request;
  const filter = { run: row.id, step, states: state === undefined ? undefined : [state] };
  let after: string | undefined;
  do {
    const page = await home.store.items(filter, { limit: PAGE, after });
    yield* page.rows;
    after = page.next;
  } while (after !== undefined);
}

interface ItemPrinter {
  start(): void;
  item(step: string, item: ItemRow): void;
  end(): void;
}

function printerOf(shell: Shell, format: Format): ItemPrinter {
  const { terminal } = shell;
  let printed = 0;
  const printData = (step: string, item: ItemRow): void => {
    const text = JSON.stringify(itemRecord(step, item));
    terminal.print(format === "json" ? `${printed === 0 ? " " : ","} ${text}` : text);
    printed += 1;
  };
  if (format === "json") {
    return { start: () => terminal.print("["), item: printData, end: () => terminal.print("]") };
  }
  if (format === "ndjson") return { start: () => undefined, item: printData, end: () => undefined };
  return {
    start: () => undefined,
    item: (_step, item) => {
      printed += 1;
      terminal.print(itemLine(shell, item));
    },
    end: () => {
      if (printed === 0) terminal.say("info", "there are no such items");
    },
  };
}

function itemRecord(step: string, item: ItemRow): object {
  const { key, state, stage = null, errorClass = null, reason = null, message = null, job, atMs } = item;
  return { step, key, state, stage, errorClass, reason, message, job, at: new Date(atMs).toISOString() };
}

function itemLine({ terminal, folder }: Shell, { key, state, reason, message }: ItemRow): string {
  const words = [state.padEnd(8), (reason ?? "").padEnd(12), nearPath(key, folder)];
  const line = words.join("  ");
  return message === undefined ? line : `${line}\n          ${terminal.outColours.dim(visible(message))}`;
}
