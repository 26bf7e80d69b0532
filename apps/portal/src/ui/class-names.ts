// Joins class names; every ui component uses it so that a caller may add its own last.

export function cx(...names: ReadonlyArray<string | false | null | undefined>): string {
  return names.filter(Boolean).join(' ')
}
