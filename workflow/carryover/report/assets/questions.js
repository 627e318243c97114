// What a person asks, as a network reads it, and the network's answer beside the correct one.
"use strict";
globalThis.carryover ??= {};
carryover.questions = (() => {
  const { build, argmax, confidence } = carryover.networks;
  const MOST_DIGITS = 10000;
  const LONGEST_EXPRESSION = 200;

  // A mistake in a question that the person can mend, as one sentence.
  class BadQuestion extends Error {}

  // --- sums of two numbers ---

  // The decimal digits of a number as typed, the lowest first, without leading zeros.
  function digits(typed, field) {
    const text = typed.replace(/\s/g, "");
    if (text === "") throw new BadQuestion(`${field} is empty. Write a whole number from 0 on.`);
    if (!/^[0-9]+$/.test(text)) throw new BadQuestion(`${field} may only have the digits 0 to 9.`);
    const trimmed = text.replace(/^0+(?=.)/, "");
    if (trimmed.length > MOST_DIGITS) {
      throw new BadQuestion(`${field} has ${trimmed.length} digits. This page takes up to ${MOST_DIGITS}.`);
    }
    return Array.from(trimmed, Number).reverse();
  }

  // The correct sum of two numbers of `length` digits each, lowest first: {sum, carry into each position}.
  function sumOf(a, b) {
    const sum = [], carries = [];
    let carry = 0;
    for (let i = 0; i < a.length; i++) {
      carries.push(carry);
      const total = a[i] + b[i] + carry;
      sum.push(total % 10);
      carry = Math.floor(total / 10);
    }
    return { sum, carries };
  }

  const padded = (number, length) => [...number, ...Array(length - number.length).fill(0)];
  const written = (number) => [...number].reverse().join("").replace(/^0+(?=.)/, "");

  // An exported adder → {ask(first, second)}, both as typed.
  function adder(exported) {
    const network = build(exported);
    // Both numbers are padded with zeros to the length of training, or to that of the sum where it is longer.
    function ask(first, second) {
      const a = digits(first, "The first number"), b = digits(second, "The second number");
      const longest = Math.max(a.length, b.length) + 1;
      const full = sumOf(padded(a, longest), padded(b, longest));
      const length = Math.max(exported.codec.length, full.sum.at(-1) ? longest : longest - 1);
      const [x, y] = [padded(a, longest), padded(b, longest)].map((one) => padded(one.slice(0, length), length));
      const { sum, carries } = sumOf(x, y);
      const { logits, states } = network(x.map((digit, i) => [digit, y[i]]));
      const predicted = logits.map(argmax);
      return {
        first: written(a), second: written(b), a: x, b: y, sum, carries, predicted, states, logits,
        answer: written(predicted),
        correct: written(sum),
        sure: logits.map(confidence),
        wrong: predicted.flatMap((digit, i) => (digit === sum[i] ? [] : [i])),
      };
    }
    return { exported, ask };
  }

  // --- expressions ---

  // The value of an expression such as (1+2)*3, exactly.
  function evaluate(text) {
    const tokens = text.match(/[0-9]+|./g) ?? [];
    let place = 0;
    const bad = () => new BadQuestion(
      "This is no expression. Write one such as 12+34-5: whole numbers without leading zeros, " +
      "an operator between each two, all parentheses closed.");
    function operand() {
      const token = tokens[place++];
      if (token === "(") {
        const value = chain();
        if (tokens[place++] !== ")") throw bad();
        return value;
      }
      if (!/^(0|[1-9][0-9]*)$/.test(token ?? "")) throw bad();
      return BigInt(token);
    }
    function product() {
      let value = operand();
      while (tokens[place] === "*") {
        place++;
        value *= operand();
      }
      return value;
    }
    function chain() {
      let value = product();
      while (tokens[place] === "+" || tokens[place] === "-") {
        const sign = tokens[place++] === "+" ? 1n : -1n;
        value += sign * product();
      }
      return value;
    }
    const value = chain();
    if (place < tokens.length || tokens.length < 2) throw bad();
    return value;
  }

  // What was typed, as the network reads it. Signs that look like operators count as those.
  function expressionOf(typed, { known }) {
    const text = typed.replace(/\s/g, "").replace(/[−–]/g, "-").replace(/[×·]/g, "*").replace(/=$/, "");
    if (text === "") throw new BadQuestion("The expression is empty. Write one such as 12+34-5.");
    if (text.length > LONGEST_EXPRESSION) {
      throw new BadQuestion(`The expression has ${text.length} characters. This page takes up to ${LONGEST_EXPRESSION}.`);
    }
    const unknown = [...new Set(text)].filter((character) => !known.includes(character));
    if (unknown.length) {
      throw new BadQuestion(`This model has never seen ${unknown.join(" ")}. In training it saw ${[...known].join(" ")}.`);
    }
    return text;
  }

  // An exported classifier or seq2seq of expressions → {ask(expression)}, as typed.
  function reader(exported) {
    const network = build(exported);
    const { codec, model } = exported;
    const symbols = (text) => Array.from(text, (character) => codec.symbols[character]);
    function ask(typed) {
      const text = expressionOf(typed, codec);
      const correct = String(evaluate(text));
      return { text, correct, ...(model.kind === "classifier" ? classified(text) : spelled(text, correct)) };
    }

    function classified(text) {
      // Padding on the left is read like any symbol.
      const padding = model.padding === "left" ? Math.max(codec.width - text.length, 0) : 0;
      const { logits, soFar, states } = network(
        [...Array(padding).fill(codec.padding), ...symbols(text)].map((symbol) => [symbol]));
      return {
        read: [...Array(padding).fill(null), ...text],
        answer: codec.answers[argmax(logits)],
        sure: confidence(logits),
        soFar: soFar?.map((one) => codec.answers[argmax(one)]),
        logits: [logits], states,
      };
    }

    function spelled(text, correct) {
      const { logits, states, writing } = network(symbols(`${text}=`).map((symbol) => [symbol]));
      const predicted = logits.map(argmax);
      const end = predicted.indexOf(codec.end);
      const shown = predicted.slice(0, end < 0 ? undefined : end + 1);
      return {
        read: [...`${text}=`],
        answer: predicted.slice(0, end < 0 ? undefined : end).map((symbol) => codec.answers[symbol]).join(""),
        // What was written and what should have been, up to the later end; null is the sign for the end.
        written: shown.map((symbol) => (symbol === codec.end ? null : codec.answers[symbol])),
        expected: [...correct, null].slice(0, codec.writes),
        sure: logits.map(confidence),
        logits, states, writing,
      };
    }
    return { exported, ask };
  }

  const load = (exported) => (exported.task === "digit_sum" ? adder(exported) : reader(exported));
  return { load, BadQuestion };
})();
