// What every script finds changed, so that it gives the same each time. Runs first, once, in a process of its own.
(() => {
  "use strict";
  const { stringify } = JSON;
  const { construct } = Reflect;
  const { replace } = String.prototype;
  const call = Function.prototype.call.bind(Function.prototype.call);
  const [AnyBigInt, AnyDate, AnyPromise, AnyString, AnyTypeError] = [BigInt, Date, Promise, String, TypeError];
  const define = (target, name, value) =>
    Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });

  // The run's timestamp is the only clock.
  let timestamp = 0;
  const FixedDate = function Date(...given) {
    if (new.target === undefined) return new AnyDate(timestamp).toString();
    return construct(AnyDate, given.length === 0 ? [timestamp] : given, new.target);
  };
  Object.defineProperty(FixedDate, "length", { value: 7, configurable: true });
  Object.defineProperty(FixedDate, "prototype", { value: AnyDate.prototype, writable: false });
  define(FixedDate, "UTC", AnyDate.UTC);
  define(FixedDate, "parse", AnyDate.parse);
  define(FixedDate, "now", { now() { return timestamp; } }.now);
  define(AnyDate.prototype, "constructor", FixedDate);
  define(globalThis, "Date", FixedDate);

  define(Math, "random", { random() {
    throw new Error("Math.random is not there: a script gives the same result each time");
  } }.random);

  // What a script finds. All else that an engine brings is taken away, so that no two machines and no two moments can be told
  // apart: clocks, threads, what is collected, and whatever shows a number as bytes, whose order and whose NaNs are a processor's.
  const found = `globalThis Infinity NaN undefined
    Object Function Boolean Symbol Number BigInt Math String RegExp Date JSON Reflect Proxy Promise Iterator
    Array Map Set WeakMap WeakSet DisposableStack AsyncDisposableStack
    Error AggregateError DOMException EvalError InternalError RangeError ReferenceError SuppressedError SyntaxError TypeError
    URIError
    eval parseInt parseFloat isNaN isFinite atob btoa escape unescape queueMicrotask
    decodeURI decodeURIComponent encodeURI encodeURIComponent`.split(/\s+/);
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!found.includes(name)) delete globalThis[name];
  }
  // The engine brings these as bytecode of little-endian processors, and on others they throw.
  delete Array.fromAsync;
  delete Iterator.zip;
  delete Iterator.zipKeyed;

  // JSON text with every digit of a BigInt. Half a surrogate pair stands before one, which no text of ours has.
  let met = false;
  const text = (value, replacer, space) => {
    const replacing = typeof replacer === "function";
    if (!replacing && replacer != null) return stringify(value, replacer, space);
    const marked = function (key, inner) {
      const made = replacing ? call(replacer, this, key, inner) : inner;
      if (typeof made !== "bigint") return made;
      met = true;
      return "\udfff" + AnyString(made);
    };
    const made = stringify(value, marked, space);
    return met && made !== undefined ? call(replace, made, /"\\udfff(-?\d+)"/g, "$1") : made;
  };
  define(JSON, "stringify", { stringify(value, replacer, space) { return text(value, replacer, space); } }.stringify);

  return {
    begin(now) { timestamp = now; },
    big(digits) { return AnyBigInt(digits); },
    result(value) {
      if (value instanceof AnyPromise) throw new AnyTypeError("the result is a promise");
      return text(value);
    },
  };
})()
