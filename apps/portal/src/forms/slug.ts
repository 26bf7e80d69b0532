// A natural key from a title, for people who should not have to think of one.

/** Lower-case words joined by hyphens, at most 63 characters; accents are dropped, not the letters under them. */
export function slugOf(title: string): string {
  return title
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '')
}
