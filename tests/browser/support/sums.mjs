// @ts-check
// Sums of products in FP32, written down from their definitions: `Math.fround` rounds to FP32, and a sum or
// product of FP32 numbers in FP64 that is then rounded is FP32's own.

const plus = (/** @type {number} */ a, /** @type {number} */ b) => Math.fround(a + b);

/** To the nearest BF16 number, ties to even. @param {number} number */
export function bf16(number) {
  const [bits] = new Uint32Array(new Float32Array([number]).buffer);
  const rounded = bits + 0x7fff + ((bits >>> 16) & 1);
  return new Float32Array(new Uint32Array([rounded & 0xffff0000]).buffer)[0];
}

const inOrder = (/** @type {number[]} */ products) => products.reduce(plus, 0);

/** Each rule's sum of products. @type {Record<string, (products: number[]) => number>} */
export const rules = {
  f32(products) {
    const sums = Array(8).fill(0);
    products.forEach((product, at) => { sums[at % 8] = plus(sums[at % 8], product); });
    const [a, b, c, d] = [0, 1, 2, 3].map((at) => plus(sums[at], sums[at + 4]));
    return plus(plus(a, c), plus(b, d));
  },
  f32_sequential: inOrder,
  'f32_tiles/20'(products) {
    const tiles = [];
    for (let at = 0; at < products.length; at += 20) tiles.push(inOrder(products.slice(at, at + 20)));
    return inOrder(tiles);
  },
  f32_pairwise(products) {
    let level = products;
    while (level.length > 1) {
      const pairs = level.filter((_, at) => at % 2 === 0);
      level = pairs.map((sum, at) => (2 * at + 1 < level.length ? plus(sum, level[2 * at + 1]) : sum));
    }
    return level[0] + 0;
  },
  bf16: (products) => products.reduce((sum, product) => bf16(plus(sum, product)), 0),
};

/**
 * Y[token, row] under a rule of products that FP32 holds.
 *
 * @param {number[][]} weights
 * @param {number[][]} inputs
 * @param {(products: number[]) => number} sum
 */
export const outputs = (weights, inputs, sum) => inputs.flatMap((input) => weights.map((row) => sum(row.map((weight, at) => weight * input[at]))));
