// Runs before the first paint: the chosen theme and language, so that nothing flashes.
(function () {
  var kept = function (name) {
    try {
      return localStorage.getItem(name);
    } catch (refused) {
      return null;
    }
  };
  var theme = kept('vitascope.theme');
  if (theme !== 'light' && theme !== 'dark') {
    theme = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
  }
  document.documentElement.setAttribute('data-mantine-color-scheme', theme);
  var language = kept('vitascope.language') || navigator.language || 'en';
  document.documentElement.lang = /^zh/i.test(language) ? 'zh-CN' : 'en';
})();
