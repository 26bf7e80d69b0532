// Where to go after sign-in: only a path of this app, never another site.

export function safeReturn(raw: string | undefined): string | undefined {
  if (!raw?.startsWith('/') || raw.startsWith('//') || raw.includes('\\')) return undefined
  const url = new URL(raw, 'http://local.invalid')
  // Dot segments may have hidden the two slashes that begin another site's name.
  if (url.host !== 'local.invalid' || url.pathname.startsWith('//')) return undefined
  return `${url.pathname}${url.search}${url.hash}`
}
