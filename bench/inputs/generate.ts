/** How much of an input there is to be, and what it is drawn from. */
export interface InputSize {
  readonly events: number;
  readonly seed: number;
}

/** Writes the lines of an input, without newlines: the same for the same size and seed. */
export type Generate = (size: InputSize, write: (line: string) => void) => void;
