/** Proves the rules turned on beside Biome's recommended ones: one small breach each, reported for exactly that. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Fixture, importing, lintLayout } from "./layout.ts";

const BREACHES: Readonly<Record<string, string>> = {
  noFloatingPromises: `
    async function work(): Promise<void> {}
    export function start(): void {
      work();
    }`,
  noMisusedPromises: `
    async function ask(): Promise<boolean> {
      return true;
    }
    export function start(): number {
      return ask() ? 1 : 2;
    }`,
  useExhaustiveSwitchCases: `
    type Way = "in" | "out";
    export function length(way: Way): number {
      switch (way) {
        case "in":
          return 2;
      }
      return 0;
    }`,
  noExplicitAny: "export const thing: any = 1;",
  noConsole: `
    export function say(): void {
      console.log("hello");
    }`,
  noNonNullAssertion: `
    export function first(list: readonly string[]): string {
      return list[0]!;
    }`,
  noDefaultExport: "export default 1;",
  noEnum: `
    export enum Way {
      in = 1,
    }`,
  noParameterProperties: `
    export class Thing {
      constructor(readonly name: string) {}
    }`,
  useErrorCause: `
    export function read(): void {
      try {
        JSON.parse("");
      } catch (error) {
        throw new Error(\`unreadable: \${error}\`);
      }
    }`,
  useImportType: `
    import { Thing } from "./thing.ts";
    export function name(thing: Thing): string {
      return thing.name;
    }`,
  useImportExtensions: importing("./thing"),
  noUndeclaredDependencies: importing("left-pad"),
  useMaxParams: `
    export function add(a: number, b: number, c: number, d: number): number {
      return a + b + c + d;
    }`,
  noExcessiveCognitiveComplexity: `
    export function tangle(a: boolean, b: boolean, c: boolean): number {
      if (a) {
        if (b) {
          if (c) {
            for (const x of [1]) {
              if (x) return 1;
            }
          }
        }
      }
      return 2;
    }`,
  noExcessiveClassesPerFile: "export class One {}\nexport class Two {}",
  noExcessiveLinesPerFile: Array.from({ length: 301 }, (_, line) => `export const thing${line} = 1;`).join(
    "\n",
  ),
  noExcessiveLinesPerFunction: `export function long(): void {${"\n  String(1);".repeat(60)}\n}`,
};

const CYCLE: readonly Fixture[] = [
  { path: "packages/rag/src/cycle-a.ts", source: importing("./cycle-b.ts"), breaks: "noImportCycles" },
  { path: "packages/rag/src/cycle-b.ts", source: importing("./cycle-a.ts"), breaks: "noImportCycles" },
];

const LEGAL: readonly Fixture[] = [
  {
    path: "packages/rag/src/thing.ts",
    source: "export interface Thing {\n  name: string;\n}\n",
    breaks: undefined,
  },
  { path: "scripts/says.mjs", source: 'console.log("hello");\n', breaks: undefined },
  { path: "vitest.config.ts", source: "export default 1;\n", breaks: undefined },
];

const FIXTURES: readonly Fixture[] = [
  ...Object.entries(BREACHES).map(([breaks, source]) => {
    return { path: `packages/rag/src/${breaks.toLowerCase()}.ts`, source: `${source}\n`, breaks };
  }),
  {
    path: "packages/rag/src/MixedCase.ts",
    source: "export const thing = 1;\n",
    breaks: "useFilenamingConvention",
  },
  ...CYCLE,
  ...LEGAL,
];

describe("the lint rules", () => {
  let reported = new Map<string, string[]>();
  beforeAll(() => {
    reported = lintLayout(FIXTURES);
  });

  it.each(FIXTURES)("$path breaks $breaks", ({ path, breaks }) => {
    expect(reported.get(path)).toEqual(breaks === undefined ? undefined : [breaks]);
  });
});
