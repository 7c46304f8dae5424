/** Proves "who may import whom": every pair of layers and packages, allowed or reported for exactly that. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Fixture, importing, lintLayout, PACKAGES, specifierOf } from "./layout.ts";

const CORE_LAYERS = ["model", "runtime", "store", "job", "client", "worker", "batch", "memory"];
const SUBPATHS = ["http/contract", "http/client", "core/testing"];

/** What each layer of core may import of the others. */
const ALLOWED_LAYERS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  runtime: [],
  store: ["model"],
  job: ["model", "runtime", "store"],
  client: ["model", "runtime", "store", "job"],
  worker: ["model", "runtime", "store", "job"],
  batch: ["model", "runtime", "store", "job", "client", "worker"],
  memory: ["model", "runtime", "store"],
};

/** What each package may import of the others; a name covers its subpaths. */
const ALLOWED_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  core: [],
  postgres: ["core"],
  redis: ["core"],
  rag: ["core"],
  http: ["core"],
  dashboard: ["http/contract", "http/client"],
  testkit: ["core", "postgres", "redis"],
  millrace: ["core", "postgres", "redis", "rag", "http", "dashboard"],
};

function fixture(path: string, specifier: string, isAllowed: boolean): Fixture {
  return { path, source: importing(specifier), breaks: isAllowed ? undefined : "noRestrictedImports" };
}

function layerToLayer(from: string, to: string): Fixture[] {
  const folder = `packages/core/src/${from}`;
  const isAllowed = from === to || ALLOWED_LAYERS[from]?.includes(to) === true;
  return [
    fixture(`${folder}/imports-${to}.ts`, from === to ? "./thing.ts" : `../${to}/thing.ts`, isAllowed),
    fixture(
      `${folder}/deep/imports-${to}.ts`,
      from === to ? "../thing.ts" : `../../${to}/deep/thing.ts`,
      isAllowed,
    ),
    fixture(`${folder}/imports-${to}.test.ts`, `../${to}/thing.ts`, true),
  ];
}

function layerToPackage(from: string, to: string): Fixture {
  return fixture(`packages/core/src/${from}/imports-package-${to}.ts`, specifierOf(to), false);
}

function packageToPackage(from: string, to: string): Fixture {
  const allowed = ALLOWED_PACKAGES[from] ?? [];
  const isAllowed = allowed.some((name) => to === name || to.startsWith(`${name}/`));
  return fixture(`packages/${from}/src/imports-${to.replace("/", "-")}.ts`, specifierOf(to), isAllowed);
}

function aroundTheEntry(from: string): Fixture {
  const other = from === "core" ? "postgres" : "core";
  return fixture(`packages/${from}/src/reaches-around.ts`, `../../${other}/src/thing.ts`, false);
}

function outsideToPackage(folder: string, to: string): Fixture {
  return fixture(`${folder}/imports-${to}.ts`, specifierOf(to), to !== "testkit" || folder === "tests");
}

function pairs<T>(
  left: readonly string[],
  right: readonly string[],
  make: (from: string, to: string) => T,
): T[] {
  return left.flatMap((from) => right.map((to) => make(from, to)));
}

const OUTSIDE_CORE = PACKAGES.filter((name) => name !== "core");
const FIXTURES: readonly Fixture[] = [
  ...pairs(CORE_LAYERS, CORE_LAYERS, layerToLayer).flat(),
  ...pairs(CORE_LAYERS, OUTSIDE_CORE, layerToPackage),
  ...pairs(PACKAGES, [...PACKAGES, ...SUBPATHS], packageToPackage).filter(({ path }) => !importsItself(path)),
  ...PACKAGES.map(aroundTheEntry),
  ...OUTSIDE_CORE.map((name) => fixture(`packages/${name}/src/asks.test.ts`, "@millrace/testkit", true)),
  ...pairs(["examples", "bench", "tests"], PACKAGES, outsideToPackage),
];

function importsItself(path: string): boolean {
  const [, from = "", , file = ""] = path.split("/");
  return file.startsWith(`imports-${from}`);
}

/** Fixtures by where they live: a layer of core, a package, or a folder outside the packages. */
const HOMES = [...new Set(FIXTURES.map(homeOf))];

function homeOf({ path }: Fixture): string {
  const layer = CORE_LAYERS.find((name) => path.startsWith(`packages/core/src/${name}/`));
  return layer ?? path.replace(/^packages\//, "").replace(/\/.*/, "");
}

describe("who may import whom", () => {
  let reported = new Map<string, string[]>();
  beforeAll(() => {
    reported = lintLayout(FIXTURES);
  });

  it.each(HOMES)("%s imports what it may and nothing else", (home) => {
    const fixtures = FIXTURES.filter((fixture) => homeOf(fixture) === home);
    const expected = fixtures.map(({ path, breaks }) => [path, breaks === undefined ? undefined : [breaks]]);
    expect(fixtures.map(({ path }) => [path, reported.get(path)])).toEqual(expected);
  });
});
