/** A module without a handler. */
export const handle = 1;
