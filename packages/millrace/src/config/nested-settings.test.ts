/** The rules of settings with parts and of queues, whose names are the user's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { programOptions } from "./program-options.ts";
import { loadSettings, type SettingSources } from "./settings.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "millrace-nested-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(content: object | string): string {
  const isText = typeof content === "string";
  const path = join(folder, `millrace.config.${isText ? "yaml" : "json"}`);
  writeFileSync(path, isText ? content : JSON.stringify(content));
  return path;
}

function load(environment: Record<string, string> = {}, sources: Partial<SettingSources> = {}) {
  return loadSettings({ folder, environment, ...sources });
}

describe("queues", () => {
  test("are merged setting by setting, each with its source", async () => {
    const path = write({
      queues: { mail: { capacity: 100, concurrency: 5, ttl: "1h" }, web: { capacity: { bulk: 9 } } },
      profiles: { small: { queues: { mail: { concurrency: 2 } } } },
    });
    const settings = await load({ MILLRACE_QUEUES_MAIL_CAPACITY: "7" }, { profile: "small" });
    expect({ ...settings.queues() }).toEqual({
      mail: { capacity: 7, concurrency: 2, ttl: "1h" },
      web: { capacity: { bulk: 9 } },
    });
    expect(Object.getPrototypeOf(settings.queues())).toBe(null);
    expect(settings.list().filter(({ key }) => key.startsWith("queues."))).toEqual([
      { key: "queues.mail.capacity", value: 7, source: "MILLRACE_QUEUES_MAIL_CAPACITY" },
      { key: "queues.mail.concurrency", value: 2, source: `profile small of ${path}` },
      { key: "queues.mail.ttl", value: "1h", source: path },
      { key: "queues.web.capacity", value: { bulk: 9 }, source: path },
    ]);
  });

  test("may have any name, also that of a setting or of what objects have", async () => {
    const names = [
      "a.b",
      "x.capacity",
      "ttl",
      "store",
      "constructor",
      "toString",
      "hasOwnProperty",
      "  ",
      "é",
    ];
    write({ queues: Object.fromEntries(names.map((name, index) => [name, { concurrency: index + 1 }])) });
    const queues = (await load()).queues();
    expect(Object.keys(queues).sort()).toEqual([...names].sort());
    for (const [index, name] of names.entries()) expect(queues[name]).toEqual({ concurrency: index + 1 });
  });

  test.each([
    ['{"queues": {"__proto__": {"capacity": 1}}}', 'queues is "__proto__"'],
    ['{"queues": {"": {"capacity": 1}}}', "it takes 1 to 200 printable characters"],
    ['{"__proto__": {"capacity": 1}}', "__proto__ ({"],
    ['{"queues": {"mail": {"__proto__": 1}}}', "queues.mail.__proto__ (1"],
    ['{"queues": {"mail": {"capacity": {"__proto__": 1}}}}', 'has no option "__proto__"'],
    ['{"retry": {"high": {"__proto__": 1}}}', 'has no option "__proto__"'],
    ['{"worker": {"concurrency": {"min": 1, "max": 2, "__proto__": 1}}}', "worker.concurrency is"],
  ])("%s is refused and changes nothing of what objects have", async (text, message) => {
    const path = join(folder, "millrace.config.json");
    writeFileSync(path, text);
    await expect(load()).rejects.toMatchObject({
      code: "bad-config",
      message: expect.stringContaining(message),
    });
    expect(({} as { capacity?: unknown }).capacity).toBeUndefined();
  });
});

describe("variables of queues", () => {
  test("mean the queue that is named elsewhere and spelled so", async () => {
    write({ queues: { "mail-out": { ttl: "1h" }, "Bulk.Import": { ttl: "1h" } } });
    const settings = await load({
      MILLRACE_QUEUES_MAIL_OUT_CAPACITY: "5",
      MILLRACE_QUEUES_BULK_IMPORT_CONCURRENCY: "3",
      MILLRACE_QUEUES_BULK_IMPORT_CAPACITY: '{"bulk": 4}',
    });
    expect({ ...settings.queues() }).toEqual({
      "mail-out": { ttl: "1h", capacity: 5 },
      "Bulk.Import": { ttl: "1h", concurrency: 3, capacity: { bulk: 4 } },
    });
    expect(settings.notices).toEqual([]);
  });

  test("mean the lower-case name where there is none, and say so where that is a guess", async () => {
    const settings = await load({ MILLRACE_QUEUES_MAIL_TTL: "1h", MILLRACE_QUEUES_MAIL_OUT_CAPACITY: "5" });
    expect({ ...settings.queues() }).toEqual({ mail: { ttl: "1h" }, mail_out: { capacity: 5 } });
    expect(settings.notices).toEqual([
      expect.stringContaining('MILLRACE_QUEUES_MAIL_OUT_CAPACITY is taken for queue "mail_out"'),
    ]);
  });

  test("that may mean two queues are refused", async () => {
    write({ queues: { "mail-out": { ttl: "1h" }, "mail.out": { ttl: "1h" } } });
    await expect(load({ MILLRACE_QUEUES_MAIL_OUT_CAPACITY: "5" })).rejects.toMatchObject({
      code: "bad-config",
      message: expect.stringContaining('may mean the queues "mail-out" and "mail.out"'),
    });
  });

  test("may be one for all, which single ones win over", async () => {
    const settings = await load({
      MILLRACE_QUEUES: '{"mail-out": {"capacity": 500, "ttl": "2h"}}',
      MILLRACE_QUEUES_MAIL_OUT_CAPACITY: "5",
    });
    expect({ ...settings.queues() }).toEqual({ "mail-out": { capacity: 5, ttl: "2h" } });
    expect(settings.source("queues.mail-out.ttl")).toBe("MILLRACE_QUEUES");
    await expect(load({ MILLRACE_QUEUES: "mail" })).rejects.toThrow(
      'queues ("mail", MILLRACE_QUEUES) is not a setting',
    );
  });
});

describe("settings with parts", () => {
  test("are objects in files and JSON in variables", async () => {
    write(
      "worker:\n  concurrency: { min: 2, max: 8 }\nretry:\n  default: { maxAttempts: 4, backoff: fixed }\n",
    );
    const policy = '{"maxAttempts":5,"deadOn":["timeout"]}';
    const settings = await load({ MILLRACE_RETRY_LOW: policy, MILLRACE_RETRY_BULK: "aggressive" });
    expect(settings.get("worker.concurrency")).toEqual({ min: 2, max: 8 });
    expect(settings.get("retry.default")).toEqual({ maxAttempts: 4, backoff: "fixed" });
    expect(settings.get("retry.low")).toEqual({ maxAttempts: 5, deadOn: ["timeout"] });
    expect(settings.get("retry.bulk")).toBe("aggressive");
    expect(settings.get("retry.critical")).toBe("aggressive");
    const text = await load({ MILLRACE_WORKER_CONCURRENCY: '{"min": 1, "max": 3}' });
    expect(text.get("worker.concurrency")).toEqual({ min: 1, max: 3 });
  });

  test("cancelPoll is the former name of the heartbeat", async () => {
    write({ worker: { cancelPoll: "2s" } });
    const settings = await load();
    expect(settings.get("worker.heartbeat")).toBe("2s");
    expect((await load({ MILLRACE_WORKER_CANCEL_POLL: "3s" })).get("worker.heartbeat")).toBe("3s");
    write({ worker: { heartbeat: "1s", cancelPoll: "2s" } });
    await expect(load()).rejects.toThrow("worker.cancelPoll is worker.heartbeat by its former name");
    rmSync(join(folder, "millrace.config.json"));
    await expect(
      load({ MILLRACE_WORKER_CANCEL_POLL: "3s", MILLRACE_WORKER_HEARTBEAT: "3s" }),
    ).rejects.toThrow("keep worker.heartbeat");
  });
});

describe("refusals name key, value and source, and what exactly is wrong", () => {
  test.each<[object | string, string]>([
    [
      { worker: { concurrency: { min: 9, max: 3 } } },
      'worker.concurrency is {"min":9,"max":3} (FILE); it takes',
    ],
    [{ worker: { concurrency: null } }, "worker.concurrency is null (FILE)"],
    [
      { worker: { maxConcurrentJobs: 0 } },
      "worker.maxConcurrentJobs is 0 (FILE); it takes a whole number, 1",
    ],
    [{ worker: { buffer: "many" } }, 'worker.buffer is "many" (FILE); it takes a whole number, 0 or more'],
    [{ worker: { heartbeat: "1ms" } }, 'worker.heartbeat is "1ms" (FILE); it takes milliseconds, or'],
    [{ worker: { maxRescues: -1 } }, "worker.maxRescues is -1 (FILE)"],
    [{ queues: 3 }, "queues (3, FILE) is not a setting"],
    [
      { queues: { mail: 3 } },
      "queues.mail (3, FILE) is not a setting; known keys: queues.<queue>.concurrency",
    ],
    [
      { queues: { mail: { capacty: 3 } } },
      "queues.mail.capacty (3, FILE) is not a setting; did you mean queues.mail.capacity?",
    ],
    [{ queues: { mail: { size: 3 } } }, "known keys: queues.<queue>.concurrency, queues.<queue>.capacity"],
    [
      { queues: { mail: { capacity: "3" } } },
      'queues.mail.capacity is "3" (FILE); it takes a whole number of jobs',
    ],
    [{ queues: { mail: { capacity: { urgent: 3 } } } }, 'has no option "urgent"'],
    ["queues:\n  mail:\n    capacity:\n", "queues.mail.capacity is null (FILE)"],
    [
      { queues: { mail: { ttl: "1 hour" } } },
      'queues.mail.ttl is "1 hour" (FILE); it takes milliseconds, or',
    ],
    [{ queues: { mail: { concurrency: 1.5 } } }, "queues.mail.concurrency is 1.5 (FILE)"],
    [{ priorities: { high: "1s" } }, 'priorities.high ("1s", FILE) is not a setting'],
    [{ priorities: { high: { target: 0 } } }, "priorities.high.target is 0 (FILE)"],
    [{ priorities: { higher: { target: "1s" } } }, "did you mean priorities.high?"],
    [
      { retry: { high: { maxAttempts: 0 } } },
      "(retry.high.maxAttempts is 0; it takes a whole number, 1 or more)",
    ],
    [{ retry: { high: "often" } }, 'retry.high is "often" (FILE); it takes "default", "aggressive", "none"'],
    [{ retry: { urgent: "none" } }, "known keys: retry.critical, retry.high"],
    [{ retention: { events: "forever" } }, 'retention.events is "forever" (FILE); it takes milliseconds'],
    [{ storage: { tempDir: "" } }, 'storage.tempDir is "" (FILE); it takes the path of a directory'],
    [{ storage: { cleanupInterval: 5 } }, "storage.cleanupInterval is 5 (FILE)"],
    [{ retension: { dead: "1d" } }, "did you mean retention?"],
    [
      { worker: { concurency: 3 } },
      "worker.concurency (3, FILE) is not a setting; did you mean worker.concurrency?",
    ],
  ])("%j", async (content, message) => {
    const path = write(content);
    await expect(load()).rejects.toMatchObject({
      code: "bad-config",
      message: expect.stringContaining(message.replace("FILE", path)),
    });
  });

  test("also in variables", async () => {
    await expect(load({ MILLRACE_RETRY_HIGH: '{"maxAttempts": 3' })).rejects.toThrow(
      'retry.high is "{\\"maxAttempts\\": 3" (MILLRACE_RETRY_HIGH); it takes "default"',
    );
    await expect(load({ MILLRACE_QUEUES_MAIL_CAPACITY: "lots" })).rejects.toThrow(
      'queues.mail.capacity is "lots" (MILLRACE_QUEUES_MAIL_CAPACITY); it takes a whole number of jobs',
    );
  });
});

test("every setting but store, migrate and log level is an option of a program, once", async () => {
  const settings = await load();
  const { migrate, queues, ...options } = programOptions(settings);
  expect(migrate).toBe("auto");
  expect({ ...queues }).toEqual({});
  const flat = (value: unknown, key: string): [string, unknown][] =>
    typeof value === "object" && value !== null && !("min" in value)
      ? Object.entries(value).flatMap(([name, member]) => flat(member, key === "" ? name : `${key}.${name}`))
      : [[key, value]];
  const expected = settings.list().filter(({ key }) => !key.startsWith("store.") && key !== "logLevel");
  expect(Object.fromEntries(flat(options, ""))).toEqual(
    Object.fromEntries(expected.map(({ key, value }) => [key, value])),
  );
});
