const probe = document.createElement('span');
probe.hidden = true;
document.body.append(probe);

/** What a colour of the style sheet is in the theme of now. @param {string} name without the dashes */
export function colour(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}
