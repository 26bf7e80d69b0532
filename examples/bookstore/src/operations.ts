// The shop's operations, one entry for each one of openapi.yaml: what is asked → what is answered.
import { setTimeout as delay } from 'node:timers/promises'
import { checkBook, checkOrder, readQuery } from './check.ts'
import { type Author, type Book, genres, type Store } from './store.ts'

export type Call = { params: Record<string, string>; query: URLSearchParams; body: unknown }
export type Answer = { status: number; headers?: Record<string, string>; body?: unknown }
export type Operation = {
  method: string
  path: string
  run: (call: Call, store: Store) => Answer | Promise<Answer>
}

export class NotFoundError extends Error {}

const paging = ['limit', 'cursor'] as const

export const operations: Operation[] = [
  {
    method: 'GET',
    path: '/books',
    run({ query }, store) {
      const read = readQuery(query, ['genre', 'maxPriceCents', 'sort', ...paging])
      const genre = read.oneOf('genre', genres, undefined)
      const maxPriceCents = read.whole('maxPriceCents', 0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
      const sort = read.oneOf('sort', ['title', 'priceCents', 'year'], 'title') ?? 'title'
      const page = readPage(read)
      read.done()
      const books = store
        .books()
        .filter((book) => (genre === undefined || book.genre === genre) && book.priceCents <= maxPriceCents)
        .sort((a, b) => compare(a[sort], b[sort]) || compare(a.id, b.id))
      return page(books)
    },
  },
  {
    method: 'POST',
    path: '/books',
    async run({ body }, store) {
      const book = await store.addBook(checkBook(body))
      return { status: 201, headers: { location: `/books/${book.id}` }, body: book }
    },
  },
  {
    method: 'GET',
    path: '/books/{bookId}',
    run: ({ params }, store) => ({ status: 200, body: find('book', store.books(), params.bookId) }),
  },
  {
    method: 'PUT',
    path: '/books/{bookId}',
    async run({ params, body }, store) {
      const { id } = find('book', store.books(), params.bookId)
      return { status: 200, body: await store.replaceBook(id, checkBook(body)) }
    },
  },
  {
    method: 'DELETE',
    path: '/books/{bookId}',
    async run({ params }, store) {
      await store.removeBook(find('book', store.books(), params.bookId).id)
      return { status: 204 }
    },
  },
  {
    method: 'GET',
    path: '/authors',
    run({ query }, store) {
      const read = readQuery(query, paging)
      const page = readPage(read)
      read.done()
      return page(store.authors())
    },
  },
  {
    method: 'GET',
    path: '/authors/{authorId}',
    run: ({ params }, store) => ({ status: 200, body: find('author', store.authors(), params.authorId) }),
  },
  {
    method: 'GET',
    path: '/authors/{authorId}/books',
    run({ params, query }, store) {
      const { id } = find('author', store.authors(), params.authorId)
      const read = readQuery(query, paging)
      const page = readPage(read)
      read.done()
      return page(store.books().filter((book) => book.authorId === id))
    },
  },
  {
    method: 'GET',
    path: '/search',
    run({ query }, store) {
      const read = readQuery(query, ['q', ...paging])
      const words = read.required('q', 100).toLowerCase()
      const page = readPage(read)
      read.done()
      const nameById = new Map(store.authors().map((author: Author) => [author.id, author.name]))
      const text = (book: Book) => `${book.title} ${nameById.get(book.authorId) ?? ''}`.toLowerCase()
      return page(store.books().filter((book) => text(book).includes(words)))
    },
  },
  {
    method: 'GET',
    path: '/orders',
    run({ query }, store) {
      const read = readQuery(query, paging)
      const page = readPage(read)
      read.done()
      return page(store.orders())
    },
  },
  {
    method: 'POST',
    path: '/orders',
    async run({ body }, store) {
      const order = await store.placeOrder(checkOrder(body))
      return { status: 201, headers: { location: `/orders/${order.id}` }, body: order }
    },
  },
  {
    method: 'GET',
    path: '/orders/{orderId}',
    run: ({ params }, store) => ({ status: 200, body: find('order', store.orders(), params.orderId) }),
  },
  {
    method: 'POST',
    path: '/orders/{orderId}/cancel',
    async run({ params }, store) {
      const { id } = find('order', store.orders(), params.orderId)
      return { status: 200, body: await store.cancelOrder(id) }
    },
  },
  {
    method: 'GET',
    path: '/reports/{reportId}',
    async run({ params, query }, store) {
      const read = readQuery(query, ['delayMs'])
      const delayMs = read.whole('delayMs', 0, 30_000, 0)
      read.done()
      const report = reports[params.reportId ?? '']
      if (!report) throw new NotFoundError(`There is no report ${params.reportId}.`)
      await delay(delayMs)
      return { status: 200, body: { id: params.reportId, ...report(store), delayMs } }
    },
  },
]

const reports: Record<string, (store: Store) => object> = {
  stock(store) {
    const books = store.books()
    return {
      titles: books.length,
      copies: books.reduce((sum, book) => sum + book.stock, 0),
      valueCents: books.reduce((sum, book) => sum + book.stock * book.priceCents, 0),
    }
  },
  sales(store) {
    const orders = store.orders().filter((order) => order.status === 'placed')
    return {
      orders: orders.length,
      copies: orders.flatMap((order) => order.lines).reduce((sum, line) => sum + line.quantity, 0),
      valueCents: orders.reduce((sum, order) => sum + order.totalCents, 0),
    }
  },
}

function readPage(read: ReturnType<typeof readQuery>) {
  const limit = read.whole('limit', 1, 100, 20)
  const cursor = read.optional('cursor')
  return <T extends { id: string }>(all: T[]): Answer => {
    const start = cursor === undefined ? 0 : all.findIndex((item) => item.id === cursor) + 1
    // A cursor whose item is gone ends the list: starting over would answer the same items twice.
    const items = cursor !== undefined && start === 0 ? [] : all.slice(start, start + limit)
    const last = items.at(-1)
    const nextCursor = last !== undefined && start + limit < all.length ? last.id : null
    return { status: 200, body: { items, nextCursor } }
  }
}

function find<T extends { id: string }>(what: string, items: T[], id = ''): T {
  const item = items.find((candidate) => candidate.id === id)
  if (!item) throw new NotFoundError(`There is no ${what} ${id}.`)
  return item
}

function compare(a: string | number, b: string | number): number {
  return a < b ? -1 : a > b ? 1 : 0
}
