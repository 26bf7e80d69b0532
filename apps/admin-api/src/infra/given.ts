// The members of a partial update that were really sent; Prisma and exact optional types want the others absent.
export type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> }

export function given<T extends object>(fields: T): Given<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>
}
