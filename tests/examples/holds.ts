/** Runs an example's list on the embedded store and in a database of its own on a real PostgreSQL server. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testPostgresUrl } from "@millrace/testkit";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import type { Acceptance } from "../../examples/shared/acceptance.ts";

/** An example's program. */
export type Example = (store: string, print: (line: string) => void) => Promise<Acceptance>;

/** Every line must hold, and there must be as many as there are. */
export function holdsOnEveryStore(run: Example, lines: number): void {
  test("on the embedded store", async () => {
    const folder = mkdtempSync(join(tmpdir(), "millrace-example-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    await holds(`file:${folder}`);
  });

  test("on PostgreSQL", async () => {
    await holds(await ownDatabase());
  });

  async function holds(store: string): Promise<void> {
    const { tried } = await run(store, () => undefined);
    expect(tried.filter(({ ok }) => !ok).map(({ rule, figure }) => `${rule}: ${figure}`)).toEqual([]);
    expect(tried).toHaveLength(lines);
  }
}

async function ownDatabase(): Promise<string> {
  const name = `example_${randomUUID().slice(0, 8)}`;
  const server = new pg.Client({ connectionString: testPostgresUrl() });
  await server.connect();
  await server.query(`create database ${name}`);
  onTestFinished(async () => {
    await server.query(`drop database ${name} with (force)`);
    await server.end();
  });
  const url = new URL(testPostgresUrl());
  url.pathname = `/${name}`;
  return url.href;
}
