#!/usr/bin/env node
// Plain JavaScript on purpose: an older Node cannot even parse the TypeScript behind it, so the version is judged here.
import nodeModule from "node:module";
import { fileURLToPath } from "node:url";

const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error(
    `switchboard needs Node 24 or newer and this is ${process.version}. Run it as "npx switchboard" inside the repository after "npm ci" (that brings Node 26), or install a newer Node.`,
  );
  process.exit(2);
}
// Without it every start strips the types of every file anew, which takes longer than most commands.
nodeModule.enableCompileCache(fileURLToPath(new URL("../../../node_modules/.cache/switchboard", import.meta.url)));
await import("../src/main.ts");
