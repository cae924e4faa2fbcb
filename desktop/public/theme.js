// Runs before the first paint, so that a dark desk never flashes white. The same rule as src/hooks/use-theme.ts.
document.documentElement.dataset.theme =
  localStorage.getItem('parley.desk.theme') ??
  (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
