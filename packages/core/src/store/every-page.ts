/** Walks a listing to its end. */
import type { Page, PageOptions } from "./call.ts";

/** The rows of one page after the other, each asked for when the one before is done with. */
export async function* everyPage<Row>(
  limit: number,
  pageOf: (page: PageOptions) => Promise<Page<Row>>,
): AsyncGenerator<readonly Row[], void, void> {
  let after: string | undefined;
  do {
    const page = await pageOf({ limit, after });
    yield page.rows;
    after = page.next;
  } while (after !== undefined);
}
