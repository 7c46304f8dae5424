import { expect, test } from "vitest";
import type { ClaimedJob } from "../model/job.ts";
import { warningLogger } from "../runtime/logger.ts";
import { Doorman } from "./doorman.ts";

test("warns once of each unknown tenant, but remembers no more than a thousand", async () => {
  const warned: unknown[] = [];
  const logger = { ...warningLogger, warn: (_: string, fields?: object) => void warned.push(fields) };
  const doorman = new Doorman({ known: () => false }, logger);
  const admit = (tenant: string) => doorman.admit({ tenant } as ClaimedJob); // all that is looked at
  for (let n = 1; n <= 1_000; n += 1) await admit(`t${n}`);
  await admit("t1");
  expect(warned).toHaveLength(1_000);
  await admit("t1001");
  await admit("t1");
  expect(warned.slice(1_000)).toEqual([{ tenant: "t1001" }, { tenant: "t1" }]);
});
