import { loadSettings, millrace } from "millrace";

/** Brings the schema up to date, before the first process of the new version starts. */
export async function migrate(): Promise<void> {
  const mr = millrace({ settings: await loadSettings(), migrate: "auto" });
  try {
    await mr.open();
  } finally {
    await mr.close();
  }
}
