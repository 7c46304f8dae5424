/** `millrace/items`: ready-made readers and writers of chunk steps. */
export * from "@millrace/core/items";
