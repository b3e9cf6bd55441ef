// Makes node.jsonl: scripts of simple shapes over values, and what Node gives for each. Run it as
//   node shared/scripts/testdata/compare.mjs > shared/scripts/testdata/node.jsonl
// The same seed makes the same scripts, so that a difference in the file is one of Node's.

let seed = 20261122;
const random = below => {
  seed = (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 12), 0x297a2d39);
  return ((mixed ^ (mixed >>> 15)) >>> 0) % below;
};
const pick = list => list[random(list.length)];

const VALUES = [
  null, true, false, 0, 1, -1, 3, 7.5, -0.25, 1e21, 1e-7, 123456789, 0.1, 2.5, 1.005, 9007199254740991, "", "a", "abc", "a,b,,c",
  " 12 ", "12px", "0x1F", "true", "Äß ü", "x😀y", "\u00a0tab\t\ufeff", "line\u2028end", "1e3", "-0", "Infinity", "\"q\"\\", "a$b",
  [], [1], [1, 2, 3], ["a", null, "b"], [[1, [2]], {}], ["1", 1, true], {}, { a: 1 }, { a: { b: [1, "x"] } }, { name: "n", list: [3, 1] },
  { length: 5 }, { "odd key": false },
];
const STRINGS = ["", "a", "b", ",", "abc", "x😀", "ß", " ", "1", "10", "A-b", "$"];
const NUMBERS = ["0", "1", "2", "-1", "3", "0.5", "2.5", "-1.5", "10", "1e21", "100"];
const UNARY = ["!", "-", "+", "typeof ", "!!"];
const BINARY = ["+", "-", "*", "/", "%", "===", "!==", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "+", "+"];
const MEMBERS = [".length", ".a", "?.a?.b", "[0]", "[1]", "['a']", "?.name", ".name"];
const METHODS = {
  toUpperCase: 0, toLowerCase: 0, trim: 0, trimStart: 0, trimEnd: 0, toString: 0, includes: 1, indexOf: 1, startsWith: 1, endsWith: 1,
  lastIndexOf: 1, slice: 2, substring: 2, split: 1, join: 1, concat: 1, at: 1, charAt: 1, padStart: 2, padEnd: 2, repeat: 1,
  replace: 2, replaceAll: 2, toFixed: 1,
};
const FUNCTIONS = [
  "String", "Number", "Boolean", "Math.floor", "Math.ceil", "Math.round", "Math.abs", "Math.trunc", "Math.sign", "Math.sqrt",
  "Array.isArray", "Object.keys", "JSON.stringify", "parseInt", "parseFloat", "isNaN",
];

const quoted = text => "'" + text.replace(/['\\]/g, "\\$&") + "'";
const literal = () => pick([() => quoted(pick(STRINGS)), () => pick(NUMBERS), () => pick(["true", "false", "null", "undefined", "NaN"])])();
// Each mention of a value is a value of its own, as each `${…}` is; the mark tells where they are.
const value = () => "\u0001" + pick(["a", "a", "b", "c"]);

const expression = depth => {
  if (depth === 0) return random(3) ? value() : literal();
  const next = () => expression(depth - 1);
  switch (random(12)) {
    case 0: return `${pick(UNARY)}(${next()})`;
    case 1: case 2: return `(${next()} ${pick(BINARY)} ${next()})`;
    case 3: return `(${next()} ?? ${next()})`;
    case 4: return `(${next()} ? ${next()} : ${next()})`;
    case 5: return `${value()}${pick(MEMBERS)}`;
    case 6: case 7: case 8: {
      const name = pick(Object.keys(METHODS));
      const given = Array.from({ length: random(METHODS[name] + 1) }, () => random(2) ? literal() : next());
      return `${pick([`String(${next()})`, `${value()}`, `${quoted(pick(STRINGS))}`, `(${next()})`])}.${name}(${given.join(", ")})`;
    }
    case 9: return `${pick(FUNCTIONS)}(${next()})`;
    case 10: return pick([() => `[${next()}, ${next()}]`, () => `({ k: ${next()}, 'l m': ${next()} })`, () => `Math.${pick(["max", "min"])}(${next()}, ${next()})`])();
    default: return `${next()} + ${quoted(pick(STRINGS))}`;
  }
};

for (let made = 0; made < 4000; ) {
  const marked = expression(1 + random(3));
  const script = marked.replaceAll("\u0001", "");
  const values = [pick(VALUES), pick(VALUES), pick(VALUES)];
  let result;
  try {
    const fresh = { get a() { return structuredClone(values[0]); }, get b() { return structuredClone(values[1]); }, get c() { return structuredClone(values[2]); } };
    const given = new Function("fresh", `"use strict"; return (${marked.replaceAll("\u0001", "fresh.")});`)(fresh);
    result = JSON.stringify(given) ?? "null";
  } catch (error) {
    result = "error";
  }
  if (/\\ud[89a-f]/i.test(result)) result = "error"; // half of a character is no text of ours
  if (result.length > 2000) continue;
  made++;
  console.log(JSON.stringify({ script, values, result }));
}
