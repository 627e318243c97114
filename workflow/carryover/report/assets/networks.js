// The trained networks in plain JavaScript: recurrent layers and the three architectures built of them.
// Vectors are float32, as in PyTorch. Sums are formed in double precision, so they err less than PyTorch's.
"use strict";
globalThis.carryover ??= {};
carryover.networks = (() => {
  // An exported run's parameters: name → {shape, values}.
  function parameters(weights) {
    const bytes = Uint8Array.from(atob(weights.data), (character) => character.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const all = Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
    const named = {};
    let start = 0;
    for (const [name, shape] of weights.shapes) {
      const size = shape.reduce((product, length) => product * length, 1);
      named[name] = { shape, values: all.subarray(start, start + size) };
      start += size;
    }
    return named;
  }

  // x (inputs) → W x + b (outputs).
  function linear(weight, bias) {
    const [outputs, inputs] = weight.shape;
    const w = weight.values, b = bias.values;
    return (x) => {
      const y = new Float32Array(outputs);
      for (let row = 0, at = 0; row < outputs; row++) {
        let sum = b[row];
        for (let column = 0; column < inputs; column++) sum += w[at++] * x[column];
        y[row] = sum;
      }
      return y;
    };
  }

  const linearOf = (named, prefix) => linear(named[`${prefix}.weight`], named[`${prefix}.bias`]);

  // Symbols of one position → their vectors, one after the other.
  function embedding({ shape: [, size], values }) {
    return (symbols) => concatenated(symbols.map((symbol) => values.subarray(symbol * size, (symbol + 1) * size)));
  }

  function concatenated(vectors) {
    const joined = new Float32Array(vectors.reduce((length, one) => length + one.length, 0));
    let start = 0;
    for (const one of vectors) {
      joined.set(one, start);
      start += one.length;
    }
    return joined;
  }

  const sigmoid = (x) => 1 / (1 + Math.exp(-x));

  // One step of a cell. x and r are W x + b of the input and of the hidden state, all gates one after the other in
  // PyTorch's order; state is {h} or {h, c}.
  const CELLS = {
    rnn(x, r) {
      return { h: x.map((value, i) => Math.tanh(value + r[i])) };
    },
    lstm(x, r, { c }) {
      const size = c.length;
      const next = { h: new Float32Array(size), c: new Float32Array(size) };
      for (let i = 0; i < size; i++) {
        const gate = (number) => x[number * size + i] + r[number * size + i];
        next.c[i] = sigmoid(gate(1)) * c[i] + sigmoid(gate(0)) * Math.tanh(gate(2));
        next.h[i] = sigmoid(gate(3)) * Math.tanh(next.c[i]);
      }
      return next;
    },
    gru(x, r, { h }) {
      const size = h.length;
      const next = new Float32Array(size);
      for (let i = 0; i < size; i++) {
        const reset = sigmoid(x[i] + r[i]);
        const update = sigmoid(x[size + i] + r[size + i]);
        const candidate = Math.tanh(x[2 * size + i] + reset * r[2 * size + i]);
        next[i] = (1 - update) * candidate + update * h[i];
      }
      return { h: next };
    },
  };

  // One recurrent layer in one direction.
  function layer(cell, named, prefix) {
    const ofInput = linear(named[`${prefix}.weight_ih_l0`], named[`${prefix}.bias_ih_l0`]);
    const ofState = linear(named[`${prefix}.weight_hh_l0`], named[`${prefix}.bias_hh_l0`]);
    const size = named[`${prefix}.weight_hh_l0`].shape[1];
    const start = () => ({ h: new Float32Array(size), c: new Float32Array(size) });
    const step = (x, state) => CELLS[cell](ofInput(x), ofState(state.h), state);
    function run(vectors) {
      let state = start();
      return vectors.map((x) => (state = step(x, state)).h);
    }
    return { start, step, run };
  }

  // Layers on top of one another. `prefix` is their place in the checkpoint.
  function stack(cell, named, prefix) {
    const layersOf = (direction) => {
      const layers = [];
      while (`${prefix}.${direction}.${layers.length}.weight_hh_l0` in named) {
        layers.push(layer(cell, named, `${prefix}.${direction}.${layers.length}`));
      }
      return layers;
    };
    const forward = layersOf("forward_layers"), backward = layersOf("backward_layers");
    return {
      // Vectors of all positions → states[layer][direction][position]; direction 0 reads forward, 1 backward.
      run(vectors) {
        const states = [];
        let x = vectors;
        forward.forEach((one, number) => {
          const directions = [one.run(x)];
          if (backward.length) directions.push(backward[number].run([...x].reverse()).reverse());
          states.push(directions);
          x = joined(directions);
        });
        return states;
      },
      start: () => forward.map((one) => one.start()),
      // One position and each layer's state → each layer's new state.
      step(x, states) {
        return forward.map((one, number) => {
          const next = one.step(x, states[number]);
          x = next.h;
          return next;
        });
      },
    };
  }

  // The outputs of both directions at each position, one after the other.
  const joined = (directions) => directions[0].map((_, i) => concatenated(directions.map((one) => one[i])));

  // --- architectures: each takes positions, a list of symbols each, and tells what happened there ---

  // → logits at each position, states[layer][direction][position].
  function tagger(model, named) {
    const embed = embedding(named["embedding.weight"]);
    const recurrent = stack(model.cell, named, "recurrent"), head = linearOf(named, "linear");
    return (positions) => {
      const states = recurrent.run(positions.map(embed));
      return { logits: joined(states.at(-1)).map(head), states };
    };
  }

  // → logits of the class, and states. `soFar`: the logits if the sequence ended at each position, where the model
  // reads forward only.
  function classifier(model, named) {
    const embed = embedding(named["embedding.weight"]);
    const recurrent = stack(model.cell, named, "recurrent"), head = linearOf(named, "linear");
    return (positions) => {
      const states = recurrent.run(positions.map(embed));
      const [forward, backward] = states.at(-1);
      if (!backward) {
        const soFar = forward.map(head);
        return { logits: soFar.at(-1), soFar, states };
      }
      const both = model.readout === "both_directions";
      return { logits: head(both ? concatenated([forward.at(-1), backward[0]]) : backward[0]), states };
    };
  }

  // → logits at each written position, the states of reading and of writing. Writes `length` symbols.
  function seq2seq(model, named, length) {
    const embed = embedding(named["embedding.weight"]);
    const encoder = stack(model.cell, named, "encoder"), decoder = stack(model.cell, named, "decoder");
    const first = linearOf(named, "head.0"), last = linearOf(named, "head.2");
    const activation = model.activation === "relu" ? (x) => Math.max(x, 0) : (x) => x;
    const head = (x) => last(first(x).map(activation));
    const previous = model.decoder === "teacher_forcing" ? embedding(named["previous.weight"]) : null;
    return (positions) => {
      const states = encoder.run(positions.map(embed));
      const context = states.at(-1)[0].at(-1);
      const logits = [], written = [];
      let state = decoder.start();
      let symbol = previous ? named["previous.weight"].shape[0] - 1 : null; // the symbol before the first
      for (let place = 0; place < length; place++) {
        state = decoder.step(previous ? concatenated([context, previous([symbol])]) : context, state);
        written.push(state.map(({ h }) => h));
        logits.push(head(state.at(-1).h));
        symbol = argmax(logits.at(-1));
      }
      const layers = written[0].map((_, number) => [written.map((one) => one[number])]);
      return { logits, states, writing: layers };
    };
  }

  function argmax(values) {
    let best = 0;
    for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
    return best;
  }

  // How sure the model is of its answer, from 0 to 1.
  function confidence(logits) {
    const most = logits[argmax(logits)];
    return 1 / logits.reduce((sum, value) => sum + Math.exp(value - most), 0);
  }

  // An exported run → a function from positions to what its network makes of them.
  function build({ model, weights, codec }) {
    const named = parameters(weights);
    if (model.kind === "tagger") return tagger(model, named);
    if (model.kind === "classifier") return classifier(model, named);
    return seq2seq(model, named, codec.writes);
  }

  return { build, argmax, confidence };
})();
