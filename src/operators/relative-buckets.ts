/**
 * Buckets over all doubles, each so narrow that one number stands for all of its values within a
 * relative error. Every octave is cut into equally wide parts, which takes no logarithm: an index is
 * the same on every machine. Indexes are in the order of the values; 0 is the bucket of zero. (The
 * linearly interpolated mapping of C. Masson, J. E. Rim, H. K. Lee, "DDSketch: a fast and
 * fully-mergeable quantile sketch with relative-error guarantees", 2019.)
 */
export interface RelativeBuckets {
  indexOf(value: number): number;
  /** The number that is furthest off by the same ratio at both ends of the bucket. */
  middleOf(index: number): number;
}

/** `accuracy` is the relative error, above 0 and below 1. */
export function relativeBuckets(accuracy: number): RelativeBuckets {
  const perOctave = Math.ceil((1 / accuracy - 1) / 2);
  return {
    indexOf(value) {
      view.setFloat64(0, Math.abs(value));
      const top = view.getUint32(0);
      const exponent = top >>> 20;
      // Subnormal: less than 2.3e-308, as good as zero.
      if (exponent === 0) return 0;
      const fraction = ((top & 0xfffff) * 2 ** 32 + view.getUint32(4)) / 2 ** 52;
      const index = (exponent - 1) * perOctave + Math.floor(fraction * perOctave) + 1;
      return value < 0 ? -index : index;
    },
    middleOf(index) {
      if (index === 0) return 0;
      const place = Math.abs(index) - 1;
      const low = 1 + (place % perOctave) / perOctave;
      const high = low + 1 / perOctave;
      const middle = (2 * low * high) / (low + high);
      return Math.sign(index) * middle * 2 ** (Math.floor(place / perOctave) + EXPONENT_MIN);
    },
  };
}

/** Of normal doubles. */
const EXPONENT_MIN = -1022;

const view = new DataView(new ArrayBuffer(8));
