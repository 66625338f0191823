/** Served beside the page from the package of this name. */
export { default } from 'uplot';
