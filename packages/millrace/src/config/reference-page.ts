/** Writes the reference page of the settings from their table. */
import { SETTING_KEYS, SETTINGS, variableOf } from "./settings-table.ts";

/** Markdown of docs/reference/configuration.md. */
export function referencePage(): string {
  return `${HEAD}${SETTING_KEYS.map(row).join("\n")}\n${TAIL}`;
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
  lease: 30s
profiles:
  laptop:
    store: file:./.millrace
\`\`\`

\`--profile laptop\` (or \`MILLRACE_PROFILE\`) puts a profile's settings over the file's. A TypeScript file has them typed:

\`\`\`ts
import { defineConfig } from "millrace";

export default defineConfig({ store: "file:./.millrace", worker: { drain: "10s" } });
\`\`\`

## Other programs' variables

Where nothing names a store, \`DATABASE_URL\` and then \`REDIS_URL\` are taken, and the command says so. \`NO_COLOR\` turns
colours off.
`;

function row(key: (typeof SETTING_KEYS)[number]): string {
  const { defaultValue, takes, meaning } = SETTINGS[key];
  const value = defaultValue === undefined ? "–" : `\`${String(defaultValue)}\``;
  const kinds = takes.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return `| \`${key}\` | \`${variableOf(key)}\` | ${value} | ${kinds} | ${meaning} |`;
}
