/** Runs an example's list on the embedded store and in a database of its own on a real PostgreSQL server. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { testPostgresUrl } from "@millrace/testkit";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import type { Acceptance } from "../../examples/shared/acceptance.ts";

const PROGRAM = fileURLToPath(new URL("run-example.mjs", import.meta.url));

/** A list is long work, for a busy machine above all; what never ends in it gives up after a minute by itself. */
const TIMEOUT_MS = 600_000;

/** Every line of the example in this folder must hold, and there must be as many as there are. */
export function holdsOnEveryStore(folder: string, lines: number): void {
  test("on the embedded store", { timeout: TIMEOUT_MS }, async () => {
    const home = mkdtempSync(join(tmpdir(), "millrace-example-"));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    await holds(`file:${home}`);
  });

  test("on PostgreSQL", { timeout: TIMEOUT_MS }, async () => {
    await holds(await ownDatabase());
  });

  async function holds(store: string): Promise<void> {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, folder, store]);
    const tried = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Acceptance["tried"]; // as it prints them
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
