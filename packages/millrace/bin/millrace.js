#!/usr/bin/env node
// Owns nothing but the way in: npm links only programs that exist at install, before the build.
const { main } = await import("../dist/main.js");
await main(process.argv.slice(2));
