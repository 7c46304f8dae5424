/** The order of test files: the slowest first, so that none of them is left to run alone at the end. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Each takes more than a minute; a fresh clone has no times of an earlier run to go by. */
const SLOW = [
  "tests/restart/embedded.test.ts",
  "packages/testkit/src/model/check-pglite.test.ts",
  "tests/restart/server.test.ts",
  "tests/cli-ingest.test.ts",
  "packages/testkit/src/model/check-postgres.test.ts",
  "packages/testkit/src/model/mutants.test.ts",
  "packages/testkit/src/conformance/pglite.test.ts",
];

/** Sorts as vitest does, behind the slow ones. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = SLOW.findIndex((path) => moduleId.endsWith(`/${path}`));
      return index === -1 ? SLOW.length : index;
    };
    return (await super.sort(files)).sort((left, right) => rank(left) - rank(right));
  }
}
