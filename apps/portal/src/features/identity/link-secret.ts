// The secret of a mailed link stands behind the hash sign: it is taken from the address at once, so that no history keeps it.

let taken: { path: string; secret: string | null } | undefined

/** The secret in the address of this page, or null. React may ask twice; both times get the same answer. */
export function takeSecret(): string | null {
  const path = location.pathname
  const secret = /^#([\w-]{20,100})$/.exec(location.hash)?.[1] ?? null
  if (secret === null) return taken?.path === path ? taken.secret : null
  taken = { path, secret }
  history.replaceState(history.state, '', path)
  return secret
}
