// What the catalogue's search finds of a version: the words of its document and its operations, kept when it is published.
import type { DraftRows } from './version-document.ts'

export function searchTextOf({ specText, routes }: Pick<DraftRows, 'specText' | 'routes'>): string {
  const lines = routes
    .filter((route) => route.enabled)
    .map(({ method, path, operationId, summary, tags }) =>
      [method, path, operationId ?? '', summary ?? '', ...tags].join(' ').toLowerCase(),
    )
  return [specText, ...lines].join('\n')
}
