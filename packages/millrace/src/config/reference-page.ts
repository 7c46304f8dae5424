/** Writes the reference page of the settings from their table. */
import { MODEL_FIELDS, modelKey } from "./model-settings.ts";
import { QUEUE_FIELDS, queueKey } from "./queue-settings.ts";
import { type AnyKey, SETTING_KEYS, settingOf, variableOf } from "./settings-table.ts";

/** Markdown of docs/reference/configuration.md. */
export function referencePage(): string {
  const keys: readonly AnyKey[] = [
    ...SETTING_KEYS,
    ...QUEUE_FIELDS.map((field) => queueKey("<queue>", field)),
    ...MODEL_FIELDS.map((field) => modelKey("<model>", field)),
  ];
  return `${HEAD}${keys.map(row).join("\n")}\n${TAIL}`;
}

const HEAD = `<!-- Generated from packages/millrace/src/config/settings-table.ts; \`npx vitest run reference-page -u\` renews it. -->
# Configuration

Per setting the strongest source wins: command-line flag, environment variable, profile, configuration file, default.
A value of the wrong kind and an unknown key are refused at start, by name. \`millrace config print\` shows every
setting, its value and where it comes from.

| setting | variable | default | takes | meaning |
|---|---|---|---|---|
`;

const TAIL = `
## Files

\`millrace.config.ts\`, \`.mts\`, \`.mjs\`, \`.json\` or \`.yaml\` in the working directory, or the file named by \`--config\` (or
\`MILLRACE_CONFIG\`). Sections are the words before the dot:

\`\`\`yaml
store:
  url: postgres://app@db.example.com/app
  poolSize: 20
worker:
  concurrency: { min: 10, max: 50 }
  lease: 30s
queues:
  mail:
    capacity: 10000
    ttl: 1h
retry:
  critical: aggressive
  default: { maxAttempts: 4, backoff: fixed, initial: 60s, jitter: none }
profiles:
  laptop:
    store: file:./.millrace
    queues:
      mail: { concurrency: 2 }
\`\`\`

\`--profile laptop\` (or \`MILLRACE_PROFILE\`) puts a profile's settings over the file's. A TypeScript file has them typed:

\`\`\`ts
import { defineConfig } from "millrace";

export default defineConfig({ store: "file:./.millrace", worker: { drain: "10s" } });
\`\`\`

## Queues

A queue's settings are merged one by one like all others: a profile that says \`queues.mail.concurrency\` leaves the file's
\`queues.mail.capacity\` alone. Any name that a queue may have is a key here, but \`__proto__\`.

Variables cannot spell every name. In \`MILLRACE_QUEUES_<QUEUE>_CAPACITY\` the name is in upper case, with \`_\` for whatever is
neither letter nor digit: \`MILLRACE_QUEUES_MAIL_OUT_CAPACITY\` means the queue that the configuration file names and that is
spelled so, be it \`mail-out\`, \`mail.out\` or \`Mail_Out\`. Where the file names two such queues the variable is refused; where
it names none, the queue is the lower-case \`mail_out\`, and the command says so. \`MILLRACE_QUEUES\` takes all queues at once as
JSON, names as they are: \`{"mail-out": {"capacity": 500}}\`; variables of single settings win over it.

**Capacities live in the store**, where all programs and operators see the same one. A program that is configured with a capacity
sets it whenever it opens the store, if another stands there:

- Of two programs with different capacities the one that opened the store last wins. It says so in a warning with both numbers;
  give programs on one store the same file.
- An operator's word (\`millrace queues set\`, \`mr.queues.setCapacity\`) stands, whatever programs are configured with; they say in a
  warning that theirs does not hold. \`millrace queues set mail --unset\` takes the word back: the next such program sets its own.
  Commands set none themselves.
- Limits that the configuration does not name stay as they are, and so does a pause. Taking a capacity out of the configuration
  lifts nothing: \`millrace queues set mail --capacity none\` does.

## Models

Embedding models behind HTTP, by the name they are asked for; each needs \`url\` and \`dimensions\`. Their settings are merged one
by one, as those of queues are. Variables: \`MILLRACE_MODELS\` takes all models at once as JSON, and the variable that
\`apiKeyEnv\` names holds the key, which stands in no file and is shown nowhere.

\`\`\`yaml
models:
  text-embedding-3-small:
    url: https://api.openai.com/v1
    apiKeyEnv: OPENAI_API_KEY
    dimensions: 1536
    maxInputs: 256
    rates: [500/min]
  nomic-embed-text:
    url: http://127.0.0.1:11434/api/embed
    dimensions: 768
    maxTokensPerInput: 2048
\`\`\`

## In programs

\`loadSettings\` reads the same files and variables for a program of one's own, and \`millrace\` takes what it gave; nothing is read
otherwise. An option given beside \`settings\` takes the place of its whole section.

\`\`\`ts
import { loadSettings, millrace } from "millrace";

const mr = millrace({ settings: await loadSettings(), jobs: [sendEmail] });
\`\`\`

Without files the same shapes are options: \`millrace({ worker, queues, priorities, retry, retention, storage, … })\`.

## Other programs' variables

Where nothing names a store, \`DATABASE_URL\` and then \`REDIS_URL\` are taken, and the command says so. \`NO_COLOR\` turns
colours off.
`;

function row(key: AnyKey): string {
  const { takes, meaning } = settingOf(key);
  const kinds = takes.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const variable = variableOf(key).replace("__QUEUE__", "_<QUEUE>_");
  return `| \`${key}\` | \`${variable}\` | ${defaultOf(key)} | ${kinds} | ${meaning} |`;
}

function defaultOf(key: AnyKey): string {
  const { defaultValue, defaultWords } = settingOf(key);
  if (defaultWords !== undefined) return defaultWords;
  if (defaultValue === undefined) return "–";
  return `\`${typeof defaultValue === "object" ? JSON.stringify(defaultValue) : String(defaultValue)}\``;
}
