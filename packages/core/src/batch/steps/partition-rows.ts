/** The rows of a step's partitions. */
import type { StepRow } from "../../model/step.ts";
import { everyPage } from "../../store/every-page.ts";
import type { RunStore, StepFilter } from "../../store/run-store.ts";
import { known } from "../run/known.ts";
import { detailOf, type StepDetail } from "../run/step-detail.ts";
import { partName } from "./execution.ts";

const PAGE = 1_000;

/** A partition's row. */
export interface PartitionRow {
  readonly row: StepRow;
  readonly detail: StepDetail;
  /** The partition's own name. */
  readonly part: string;
  /** Its place among those of its step. */
  readonly at: number;
}

/** Those of one step, by name, in pages; where states are given, those in one of them. */
export async function* partitionRows(
  store: Pick<RunStore, "steps">,
  { run, step, states }: Pick<StepFilter, "run" | "states"> & { readonly step: string },
): AsyncGenerator<readonly PartitionRow[], void, void> {
  const prefix = partName(step, "");
  const pages = everyPage(PAGE, ({ limit, after = prefix }) =>
    store.steps({ run, states }, { limit, after }),
  );
  for await (const rows of pages) {
    const own = rows.filter((row) => row.step.startsWith(prefix));
    yield own.map((row) => {
      const detail = detailOf(row);
      const { at } = known(detail.partition, `"${row.step}" is no partition`);
      return { row, detail, part: row.step.slice(prefix.length), at };
    });
    if (own.length < rows.length) return; // those of steps behind it
  }
}
