// What a list page keeps in the URL: its search, its filters, and beside them its sort and the row that is open.

import { useNavigate } from '@tanstack/react-router'

type Search = Readonly<Record<string, string | number | true | undefined>>

export interface ListSearch<S, Apart extends keyof S> {
  /** The members that hide rows, for the query: those that are not set are undefined. */
  filters: Omit<S, Apart>
  /** Changes members of the URL in place; undefined removes one. */
  set(next: Partial<S>): void
  /** Removes every filter; undefined while none is set, as `DataTable` wants it. */
  clear: (() => void) | undefined
  /** The search box of a `DataTable`. */
  box(placeholder: string): { value: string; placeholder: string; onChange(value: string): void }
}

/** `useListSearch(route.useSearch(), ['open'])`: `apart` names the members that hide no rows. */
export function useListSearch<S extends Search, const Apart extends keyof S & string = never>(
  search: S,
  apart: readonly Apart[] = [],
): ListSearch<S, Apart> {
  const navigate = useNavigate()
  const set = (next: Partial<S>) =>
    void navigate({ to: '.', search: (old: object) => ({ ...old, ...next }), replace: true })
  const names = Object.keys(search).filter((name) => !apart.some((other) => other === name))
  const isFiltered = names.some((name) => search[name] !== undefined)
  return {
    filters: Object.fromEntries(names.map((name) => [name, search[name]])) as Omit<S, Apart>,
    set,
    clear: isFiltered
      ? () => set(Object.fromEntries(names.map((name) => [name, undefined])) as Partial<S>)
      : undefined,
    box: (placeholder) => ({
      value: typeof search.search === 'string' ? search.search : '',
      placeholder,
      onChange: (value) => set({ search: value || undefined } as unknown as Partial<S>),
    }),
  }
}
