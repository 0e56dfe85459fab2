// Runs axe over a page in jsdom, which lays nothing out: what hangs on that, such as colours, is
// left to a browser. In: where jsdom and axe lie, as arguments, and the page on standard input.
// Out, as JSON: the rules that it breaks.
"use strict";

const { readFileSync } = require("node:fs");

const [, , jsdom, axe] = process.argv;
const { JSDOM, VirtualConsole } = require(jsdom);

// Its own reader of styles does not know all of CSS, which it would say.
const page = new JSDOM(readFileSync(0, "utf8"), {
  runScripts: "outside-only",
  virtualConsole: new VirtualConsole(),
});
page.window.eval(readFileSync(axe, "utf8"));
page.window.axe
  .run({ rules: { "color-contrast": { enabled: false } } })
  .then(({ violations }) => process.stdout.write(JSON.stringify(violations.map((one) => one.id))));
