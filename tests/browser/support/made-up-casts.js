// Casts of a checkpoint that is made up. `?casts=` says how far they are: waiting,
// looking, stopped or done; of 'looking' half the tensors have been looked at.
// `?values=N` says how many values a tensor has.

const { searchParams } = new URL(location.href);
export const VALUES = Number(searchParams.get('values') ?? 16);
const PHASE = searchParams.get('casts') ?? 'done';

/** Key, title, what it is, bits of a code, bits of its scales a value, SQNR in dB, whether it follows from counts. */
const TABLE = [
  ['tf32', 'TF32', 'codes TF32', 32, 0, Infinity, true],
  ['f16', 'FP16', 'codes FP16', 16, 0, 109.8, true],
  ['bf16', 'BF16', 'codes BF16', 16, 0, Infinity, true],
  ['f8_e4m3', 'FP8 E4M3', 'codes FP8 E4M3', 8, 0, 31.4, true],
  ['f8_e5m2', 'FP8 E5M2', 'codes FP8 E5M2', 8, 0, 25.5, true],
  ['f8_e4m3fnuz', 'FP8 E4M3 FNUZ', 'codes FP8 E4M3 FNUZ', 8, 0, 31.5, true],
  ['f8_e5m2fnuz', 'FP8 E5M2 FNUZ', 'codes FP8 E5M2 FNUZ', 8, 0, 25.6, true],
  ['f8_e4m3/tensor', 'FP8 E4M3, one scale', 'codes FP8 E4M3; FP32 scale amax/448 for the tensor', 8, 0, 31.5, true],
  ['f8_e4m3/row', 'FP8 E4M3 per row', 'codes FP8 E4M3; FP32 scale amax/448 for each row', 8, 0.02, 31.6, false],
  ['f8_e4m3/128x128', 'FP8 E4M3 per 128×128', 'codes FP8 E4M3; FP32 scale amax/448 for each square', 8, 0.002, 31.6, false],
  ['mxfp8_e4m3', 'MXFP8 E4M3', 'codes FP8 E4M3; a power of two for each 32', 8, 0.25, 30.7, true],
  ['mxfp8_e5m2', 'MXFP8 E5M2', 'codes FP8 E5M2; a power of two for each 32', 8, 0.25, 25.1, true],
  ['mxfp6_e2m3', 'MXFP6 E2M3', 'codes FP6 E2M3; a power of two for each 32', 6, 0.25, 30.9, true],
  ['mxfp6_e3m2', 'MXFP6 E3M2', 'codes FP6 E3M2; a power of two for each 32', 6, 0.25, 25, true],
  ['mxfp4', 'MXFP4', 'codes FP4; a power of two for each 32', 4, 0.25, 17.9, true],
  ['mxint8', 'MXINT8', 'integers in steps of 1/64; a power of two for each 32', 8, 0.25, 41.2, true],
  ['nvfp4', 'NVFP4', 'codes FP4; FP8 E4M3 scale for each 16, FP32 for the tensor', 4, 0.5, 20.4, false],
  ['int8/row', 'INT8 per row', 'integers −128 … 127; FP32 scale amax/127 for each row', 8, 0.02, 38.9, false],
  ['int4/128', 'INT4 in groups of 128', 'integers −8 … 7; FP16 scale amax/7 for each 128', 4, 0.125, 18.6, false],
  ['nf4/64', 'NF4 in blocks of 64', '16 levels; FP32 scale amax for each 64', 4, 0.5, 20.2, false],
];
export const CASTS = TABLE.map(([key, title, says, bits]) => ({ key, title, says, bits }));

/** The same on every run. */
const noise = (i, j) => (Math.imul(i * 31 + j + 7, 2654435761) >>> 0) / 2 ** 32;

/** The SQNR of a cast of a tensor: the worst is the `up` of the last layer, and the first tensor is lossless. */
function sqnr(i, j, tensors) {
  const base = TABLE[j][5];
  if (i === 0 || base === Infinity) return Infinity;
  if (tensors[i].label === 'f16') return base - 9;
  return base + 4 * noise(i, j) - 2 + (/down/.test(tensors[i].name) ? 1 : 0);
}

/** How much of a count of values there is: exact for the least of them. */
const some = (share) => Math.round(VALUES * share);

function figures(i, j, tensors) {
  const [, , , bits, scales, base] = TABLE[j];
  const sqnr_db = sqnr(i, j, tensors);
  const isLossless = sqnr_db === Infinity;
  const power = isLossless ? 0 : 10 ** (-sqnr_db / 10);
  return {
    exact: isLossless ? VALUES : some(base > 100 ? 0.9999 : base / 400), overflow: j === 3 && tensors[i].label === 'f16' ? 2 : 0,
    underflow: isLossless ? 0 : some(j === 1 ? 0 : 0.25 / base), subnormal: isLossless ? 0 : some(j === 1 ? 0.0001 : 1 / base),
    max_abs_error: isLossless ? 0 : 8 * Math.sqrt(power), mse: 0.25 * power, sqnr_db: isLossless ? 'Infinity' : sqnr_db, bytes: Math.ceil((VALUES * (bits + scales)) / 8),
  };
}

const isFloat = ({ label }) => label !== 'not_float';

/** Gives the state casts, and says how they go on. */
export function furnish(state, tensors, tell) {
  const floats = [...tensors.keys()].filter((i) => isFloat(tensors[i]));
  /** Tensors from here on wait for the second look. */
  let looked = { waiting: 0, looking: floats.length >> 1, stopped: floats.length >> 1 }[PHASE] ?? floats.length;
  const has = (i, j) => TABLE[j][6] || floats.indexOf(i) < looked;

  const arrive = (some, areNew) => state.rows.finish({
    index: new Uint32Array(), failed: new Uint32Array(), label: [],
    ...Object.fromEntries(['min', 'max', 'mean', 'std', 'abs_max', 'zeros', 'nan', 'inf', 'joint_entropy', 'wasted_bytes'].map((id) => [id, []])),
    casts: {
      index: Uint32Array.from(some),
      sqnr_db: Object.fromEntries(CASTS.map(({ key }, j) => [key, Float32Array.from(some, (i) => (TABLE[j][6] || areNew ? sqnr(i, j, tensors) : NaN))])),
    },
  });
  arrive(floats, false);
  arrive(floats.slice(0, looked), true);

  function sums() {
    const totals = {};
    CASTS.forEach(({ key }, j) => {
      const n = TABLE[j][6] ? floats.length : looked;
      if (!n) return;
      const one = figures(1, j, tensors);
      totals[key] = {
        ...one, tensors: n, parameters: n * VALUES, stored_bytes: 2 * n * VALUES, bytes: n * one.bytes, exact: n * one.exact, overflow: 2 * one.overflow + (j === 3 ? 2 : 0),
        underflow: n * one.underflow, subnormal: n * one.subnormal,
      };
    });
    const isDone = looked === floats.length;
    Object.assign(state.overview, {
      casts: totals,
      ...(isDone && { outliers: 'In model.layers.3.down.weight the largest thousandth of the values hold half of the energy or more, so that its SQNR says little of the others. Recommendations leave them out of the signal.', f16: 'FP16 holds all but 314 of the values to its full precision; none overflows.', recommendations: [
        { level: '8-bit', threshold_db: 36, cast: 'int8/row', tensors: 20, of: 22, keep: ['lm_head.weight', 'model.embed_tokens.weight'], keep_more: 0, bytes: 1000, says: '8-bit quality: INT8 per row keeps 36 dB or more in 20 of 22 matrices and takes 51 % of their bytes; two are better left alone.' },
        { level: '6-bit', threshold_db: 30, cast: 'mxfp6_e2m3', tensors: 22, of: 22, keep: [], keep_more: 0, bytes: 800, says: '6-bit quality: MXFP6 E2M3 keeps 30 dB or more in all 22 matrices and takes 39 % of their bytes.' },
        { level: '4-bit', threshold_db: 18, cast: 'nvfp4', tensors: 18, of: 22, keep: ['model.layers.0.up.weight', 'model.layers.1.up.weight'], keep_more: 2, bytes: 600, says: '4-bit quality: NVFP4 keeps 18 dB or more in 18 of 22 matrices and takes 31 % of their bytes; four are better left alone.' },
      ] }),
    });
  }
  sums();
  state.casts = { phase: PHASE, bytes: 12.3e9, progress: { bytes: 5e9, total: 12.3e9, elapsed_ms: 5000, bytes_per_second: 1.1e9, remaining_ms: 6600 } };

  /** One step of a second look: some tensors more. */
  function step() {
    if (state.casts.phase !== 'looking') return;
    const next = Math.min(floats.length, looked + Math.ceil(floats.length / 8));
    arrive(floats.slice(looked, next), true);
    looked = next;
    sums();
    const isDone = looked === floats.length;
    const bytes = (12.3e9 * looked) / floats.length;
    state.casts = { phase: isDone ? 'done' : 'looking', bytes: isDone ? 0 : 12.3e9, progress: { ...state.casts.progress, bytes } };
    tell();
    setTimeout(step, 50);
  }
  return {
    casts: (i) => (isFloat(tensors[i]) ? Object.fromEntries(CASTS.flatMap(({ key }, j) => (has(i, j) ? [[key, figures(i, j, tensors)]] : []))) : null),
    look() {
      state.casts = { ...state.casts, phase: 'looking' };
      tell();
      setTimeout(step, 50);
    },
    endLook() {
      state.casts = { ...state.casts, phase: 'stopped' };
      tell();
    },
  };
}
