/** The rules of settings with parts and of queues, whose names are the user's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
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
});
