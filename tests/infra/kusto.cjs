// Checks KQL with Microsoft's own parser. In, as JSON on standard input: tables, each with its
// columns as `(name: type, ...)`, and queries by name. Out, as JSON: what is wrong with each.
"use strict";

const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const [, , folder] = process.argv;
require(join(folder, "bridge.min.js"));
require(join(folder, "Kusto.Language.Bridge.min.js"));
const { Symbols, GlobalState, KustoCode } = globalThis.Kusto.Language;

const { tables, queries } = JSON.parse(readFileSync(0, "utf8"));
const symbols = Object.entries(tables).map(([name, columns]) =>
  Symbols.TableSymbol.From(columns).WithName(name),
);
const database = new Symbols.DatabaseSymbol.$ctor1("insights", symbols);
const globals = GlobalState.Default.WithDatabase(database);

function wrong(query) {
  const found = KustoCode.ParseAndAnalyze(query, globals).GetDiagnostics();
  const all = Array.from({ length: found.Count }, (_, number) => found.getItem(number));
  return all.map((one) => `${one.Severity} at ${one.Start}: ${one.Message}`);
}

const told = Object.entries(queries).map(([name, query]) => [name, wrong(query)]);
process.stdout.write(JSON.stringify(Object.fromEntries(told)));
