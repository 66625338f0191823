// Loaded before the page is painted, so that it never flashes in the other theme.
(() => {
  const root = document.documentElement;
  /** @returns {string | null} */
  const chosen = () => {
    try {
      return localStorage.getItem('theme');
    } catch {
      return null;
    }
  };
  const theme = chosen();
  if (theme === 'dark' || theme === 'light') root.dataset.theme = theme;
})();
