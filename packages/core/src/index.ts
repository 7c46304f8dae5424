export * from "./model/errors.ts";
