/** The rules of settings: precedence, formats, refusals, secrets. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadSettings, type SettingSources } from "./settings.ts";
import { SETTING_KEYS, variableOf } from "./settings-table.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-settings-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

function load(sources: Partial<SettingSources> = {}) {
  return loadSettings({ folder, environment: {}, ...sources });
}

describe("precedence", () => {
  test("a flag beats the environment beats a profile beats the file beats the default", async () => {
    write("millrace.config.json", {
      store: { url: "file:./of-file", poolSize: 2, schema: "of_file", durability: "process" },
      profiles: { small: { store: { url: "file:./of-profile", poolSize: 3, schema: "of_profile" } } },
    });
    const settings = await load({
      profile: "small",
      environment: { MILLRACE_STORE_URL: "file:./of-environment", MILLRACE_STORE_POOL_SIZE: "4" },
      flags: { "store.url": "memory:" },
    });
    expect(settings.get("store.url")).toBe("memory:");
    expect(settings.get("store.poolSize")).toBe(4);
    expect(settings.get("store.schema")).toBe("of_profile");
    expect(settings.get("store.durability")).toBe("process");
    expect(settings.get("store.migrate")).toBe("auto");
    expect(SETTING_KEYS.slice(0, 3).map((key) => settings.source(key))).toEqual([
      "--store",
      `profile small of ${join(folder, "millrace.config.json")}`,
      "MILLRACE_STORE_POOL_SIZE",
    ]);
  });

  test("other programs' variables come last, and are said without their password", async () => {
    const environment = { DATABASE_URL: "postgres://app:secret@db/app", REDIS_URL: "redis://r" };
    const settings = await load({ environment });
    expect(settings.get("store.url")).toBe("postgres://app:secret@db/app");
    expect(settings.notices).toEqual(["the store is postgres://app:***@db/app, from DATABASE_URL"]);
    write("millrace.config.yaml", "store: 'memory:'");
    expect((await load({ environment })).get("store.url")).toBe("memory:");
  });

  test("an empty variable counts as unset", async () => {
    expect((await load({ environment: { MILLRACE_STORE: "" } })).source("store.url")).toBe("default");
  });

  test("MILLRACE_STORE is short for MILLRACE_STORE_URL", async () => {
    expect((await load({ environment: { MILLRACE_STORE: "memory:" } })).get("store.url")).toBe("memory:");
  });
});

test("the server's own address is left out or one, and shown without its password", async () => {
  expect((await load()).get("store.directUrl")).toBeUndefined();
  const settings = await load({ environment: { MILLRACE_STORE_DIRECT_URL: "postgres://u:secret@h/d" } });
  expect(settings.get("store.directUrl")).toBe("postgres://u:secret@h/d");
  expect(JSON.stringify(settings.list())).not.toContain("secret");
  const wrong = load({ environment: { MILLRACE_STORE_DIRECT_URL: "mysql://u:secret@h/d" } });
  await expect(wrong).rejects.toMatchObject({
    code: "bad-config",
    message: expect.stringMatching(/store\.directUrl(?!.*secret)/),
  });
});

describe("files", () => {
  const written = { store: "memory:", worker: { lease: "2s", concurrency: 3 } };
  const module = `export default ${JSON.stringify(written)};`;
  test.each([
    ["millrace.config.ts", `const config: object = ${JSON.stringify(written)};\nexport default config;`],
    ["millrace.config.mts", module],
    ["millrace.config.mjs", module],
    ["millrace.config.json", JSON.stringify(written)],
    ["millrace.config.yaml", "store: 'memory:'\nworker:\n  lease: 2s\n  concurrency: 3\n"],
  ])("%s is found and read", async (name, content) => {
    write(name, content);
    const settings = await load();
    expect(settings.get("store.url")).toBe("memory:");
    expect(settings.get("worker.lease")).toBe("2s");
    expect(settings.get("worker.concurrency")).toBe(3);
  });

  test("a file by name, counted from the working directory", async () => {
    write("other.yaml", "logLevel: debug");
    expect((await load({ file: "other.yaml" })).get("logLevel")).toBe("debug");
    expect((await load({ environment: { MILLRACE_CONFIG: "other.yaml" } })).get("logLevel")).toBe("debug");
  });

  test("an empty file says nothing", async () => {
    write("millrace.config.yaml", "");
    expect((await load()).get("store.url")).toBe("file:./.millrace");
  });

  test.each([
    ["a missing one", { file: "no.yaml" }, "not-found", "there is no configuration file"],
    ["another ending", { file: "config.toml" }, "bad-config", "must end in .ts, .mts"],
    ["broken JSON", { file: "broken.json" }, "bad-config", "cannot read the configuration file"],
    ["no default export", { file: "none.mjs" }, "bad-config", "has no default export"],
    ["a profile that is not there", { file: "empty.json", profile: "x" }, "not-found", 'has no profile "x"'],
    ["a profile without a file", { profile: "x" }, "not-found", "there is no configuration file"],
  ])("%s is refused", async (...[, sources, code, message]) => {
    write("config.toml", "");
    write("broken.json", "{");
    write("none.mjs", "export const a = 1;");
    write("empty.json", {});
    await expect(load(sources)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test("two files in one folder are refused", async () => {
    write("millrace.config.json", {});
    write("millrace.config.yaml", "");
    await expect(load()).rejects.toThrow("more than one configuration file");
  });
});

describe("refusals name key, value and source", () => {
  test.each([
    [{ store: { poolsize: 3 } }, "store.poolsize (3, FILE) is not a setting; did you mean store.poolSize?"],
    [{ pool: 3 }, "pool (3, FILE) is not a setting; known keys: queues, store, worker, "],
    [{ lease: "3s" }, 'lease ("3s", FILE) is not a setting; did you mean worker.lease?'],
    [{ store: { poolSize: 0 } }, "store.poolSize is 0 (FILE); it takes a whole number, 1 or more"],
    [{ store: { migrate: "yes" } }, 'store.migrate is "yes" (FILE); it takes "auto", "check", "off"'],
    [{ worker: { lease: "10 minutes" } }, 'worker.lease is "10 minutes" (FILE); it takes milliseconds, or'],
    [{ worker: { lease: 5 } }, "worker.lease is 5 (FILE); it takes milliseconds, or"],
    [{ worker: 3 }, "worker (3, FILE) is not a setting"],
    [{ store: "mysql://app:secret@db" }, 'store.url is "mysql://app:***@db" (FILE); it takes memory:, file:'],
    [
      { store: { schema: "My Schema" } },
      'store.schema is "My Schema" (FILE); it takes a lower-case SQL name',
    ],
    [{ profiles: { a: { logLevel: "loud" } } }, undefined],
    [[1], "FILE is [1]; it must hold keys"],
  ])("%j", async (content, message) => {
    const path = write("millrace.config.json", content);
    if (message === undefined) return expect(await load()).toBeDefined();
    await expect(load()).rejects.toMatchObject({
      code: "bad-config",
      message: expect.stringContaining(message.replace("FILE", path)),
    });
  });

  test("in the environment", async () => {
    await expect(load({ environment: { MILLRACE_STORE_POOL_SIZE: "ten" } })).rejects.toThrow(
      'store.poolSize is "ten" (MILLRACE_STORE_POOL_SIZE); it takes a whole number, 1 or more',
    );
  });

  test("also where a stronger source gives a good value", async () => {
    write("millrace.config.json", { logLevel: "loud" });
    await expect(load({ flags: { logLevel: "warn" } })).rejects.toThrow('logLevel is "loud"');
  });
});

test("a variable that looks like ours and is not is said, unless Kubernetes made it", async () => {
  const { notices } = await load({
    environment: {
      MILLRACE_STORE_POOLSIZE: "3",
      MILLRACE_TEST_POSTGRES_URL: "postgres://x",
      MILLRACE_WORKER_SERVICE_HOST: "10.0.0.1",
      MILLRACE_PORT_8000_TCP_ADDR: "10.0.0.1",
    },
  });
  expect(notices).toEqual([expect.stringContaining("MILLRACE_STORE_POOLSIZE is set, but is no setting")]);
});

test("the list masks passwords", async () => {
  const environment = { MILLRACE_STORE: "postgres://app:p%40ss/word@db:5432/app?password=again" };
  const states = (await load({ environment })).list();
  expect(states.find(({ key }) => key === "store.url")).toEqual({
    key: "store.url",
    value: "postgres://app:***@db:5432/app?password=***",
    source: "MILLRACE_STORE",
  });
});

test("variables are the keys in upper snake case", () => {
  expect(variableOf("store.poolSize")).toBe("MILLRACE_STORE_POOL_SIZE");
  expect(variableOf("logLevel")).toBe("MILLRACE_LOG_LEVEL");
});

describe("retention", () => {
  test("is a duration or for ever, and nothing else", async () => {
    write("millrace.config.json", { retention: { completed: "7d", dead: "30d" } });
    const settings = await load({ environment: { MILLRACE_RETENTION_CANCELLED: "forever" } });
    expect(settings.get("retention.completed")).toBe("7d");
    expect(settings.get("retention.cancelled")).toBe("forever");
    expect(settings.get("retention.expired")).toBe("1d");
    expect(settings.get("retention.dead")).toBe("30d");
    await expect(load({ environment: { MILLRACE_RETENTION_DEAD: "never" } })).rejects.toMatchObject({
      code: "bad-config",
      message: expect.stringContaining("forever"),
    });
  });
});
