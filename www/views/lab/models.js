// @ts-check

/** The models of accumulation by key, and what they are called. @type {[key: string, title: string][]} */
export const MODELS = [
  ['f32', 'FP32 in eight partial sums'], ['f32_sequential', 'FP32, one by one'], ['f32_tiles/256', 'FP32 in tiles of 256 (split-K)'], ['f32_pairwise', 'FP32, pairwise'],
  ['f64', 'FP64, rounded once'], ['bf16', 'BF16 after each addition'], ['f16', 'FP16 after each addition'],
  ['tpu', 'A TPU’s matrix unit'], ['vdpbf16ps', 'AVX-512’s VDPBF16PS'], ['tensor_core', 'A Hopper tensor core'],
];
