// Runs before the first paint: puts the chosen or the system's theme on <html>, so that nothing flashes.
;(() => {
  let choice = null
  try {
    choice = localStorage.getItem('gw-theme')
  } catch {
    // A browser that refuses storage has no choice to tell: the system's theme it is.
  }
  const dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  const root = document.documentElement
  root.dataset.theme = dark ? 'dark' : 'light'
  root.classList.toggle('dark-mode', dark)
})()
