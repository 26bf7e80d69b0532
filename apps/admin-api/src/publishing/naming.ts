// How history and audit call a version, and why something was done to it.

export const named = (version: { readonly name: string; readonly api: { readonly name: string } }) =>
  `${version.api.name} ${version.name}`

export const resource = (version: {
  readonly id: string
  readonly name: string
  readonly api: { readonly name: string }
}) => ({
  kind: 'version',
  id: version.id,
  name: `${version.api.name}/${version.name}`,
})

/** Changes of a version among those of its environment. */
export function prefixed<T extends { readonly pointer: string }>(
  version: { readonly name: string; readonly api: { readonly name: string } },
  changes: readonly T[],
): T[] {
  return changes.map((change) => ({
    ...change,
    pointer: `apis/${version.api.name}/${version.name}/${change.pointer}`,
  }))
}

/** What happened, and why where somebody said so. */
export const reason = (what: string, note: string) => (note === '' ? what : `${what}: ${note}`)
