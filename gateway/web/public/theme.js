(() => {
  try {
    const saved = JSON.parse(localStorage.getItem('parley.settings') ?? '{}');
    const root = document.documentElement;
    if (saved.theme === 'light' || saved.theme === 'dark') root.dataset.theme = saved.theme;
    if (saved.density === 'compact') root.dataset.density = 'compact';
    if (saved.language === 'ko' || saved.language === 'en') root.lang = saved.language;
  } catch {
    // Storage may be refused; the system's theme is then right.
  }
})();
