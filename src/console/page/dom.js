/**
 * An element with its attributes and children. Text is always text: nothing that comes from an event is
 * read as markup.
 *
 * @param {string} tag
 * @param {Readonly<Record<string, string | number | boolean | undefined>>} [attributes]
 * @param {...(Node | string)} children
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  setAll(element, attributes);
  element.append(...children);
  return element;
}

/**
 * The same of SVG.
 *
 * @param {string} tag
 * @param {Readonly<Record<string, string | number | boolean | undefined>>} [attributes]
 * @param {...(Node | string)} children
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAll(element, attributes);
  element.append(...children);
  return element;
}

/**
 * @param {Element} element
 * @param {Readonly<Record<string, string | number | boolean | undefined>>} attributes
 */
function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
}

/** The element of this id, which is there. @param {string} id */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/** Changes text only where it is another, so that nobody loses a selection. @param {Node} node @param {string} text */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * A table with a heading, whose cells are changed in place.
 *
 * @param {string} caption for those who do not see it
 * @param {readonly { readonly name: string, readonly class?: string }[]} columns
 */
export function table(caption, columns) {
  const body = /** @type {HTMLTableSectionElement} */ (h('tbody'));
  const heads = columns.map((column) =>
    h('th', { scope: 'col', class: column.class }, column.name),
  );
  const element = h(
    'table',
    {},
    h('caption', { class: 'unseen' }, caption),
    h('thead', {}, h('tr', {}, ...heads)),
    body,
  );
  /** @param {readonly { readonly cells: readonly string[], readonly class?: string, readonly title?: string }[]} rows */
  const show = (rows) => {
    while (body.rows.length > rows.length) body.deleteRow(-1);
    for (const [n, { cells, class: name = '', title = '' }] of rows.entries()) {
      const row = body.rows[n] ?? body.insertRow();
      if (row.className !== name) row.className = name;
      if (row.title !== title) row.title = title;
      for (const [m, text] of cells.entries()) {
        const cell = row.cells[m] ?? row.insertCell();
        cell.className = columns[m]?.class ?? '';
        say(cell, text);
      }
    }
  };
  return { element, show };
}
