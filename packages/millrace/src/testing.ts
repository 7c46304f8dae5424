/** `millrace/testing`: what tests of programs built on millrace use. */
export * from "@millrace/core/testing";
