// The shop's memory: books, authors and orders in one JSON file, rewritten whole and swapped in by a rename.
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { firstAuthors, firstBooks } from './first-stock.ts'

export const genres = ['classic', 'science-fiction', 'fantasy', 'mystery', 'history'] as const
export type Genre = (typeof genres)[number]
export type NewBook = {
  title: string
  authorId: string
  genre: Genre
  year: number
  isbn: string
  priceCents: number
  stock: number
}
export type Book = NewBook & { id: string }
export type Author = { id: string; name: string; born: number }
export type OrderLine = { bookId: string; quantity: number }
export type NewOrder = { customer: string; lines: OrderLine[] }
export type Order = NewOrder & {
  id: string
  totalCents: number
  status: 'placed' | 'cancelled'
  placedAt: string
}

type Shop = { books: Book[]; authors: Author[]; orders: Order[]; nextId: number }

/** A wish that does not fit what is stored. */
export class ConflictError extends Error {}

export type Store = ReturnType<typeof openStore>

export function openStore(path: string) {
  const shop = load(path)
  let saving: Promise<void> = Promise.resolve()

  // One write after the other; the answer waits for its own, so what was confirmed is on disk.
  const save = (): Promise<void> => {
    const text = JSON.stringify(shop)
    saving = saving
      .catch(() => undefined)
      .then(async () => {
        await writeFile(`${path}.new`, text)
        await rename(`${path}.new`, path)
      })
    return saving
  }

  const findBook = (id: string) => shop.books.find((book) => book.id === id)

  const checkBook = (wish: NewBook, id?: string) => {
    if (!shop.authors.some((author) => author.id === wish.authorId))
      throw new ConflictError(`There is no author ${wish.authorId}.`)
    const twin = shop.books.find((book) => book.isbn === wish.isbn && book.id !== id)
    if (twin) throw new ConflictError(`${twin.id} already has the ISBN ${wish.isbn}.`)
  }

  return {
    books: () => shop.books,
    authors: () => shop.authors,
    orders: () => shop.orders,

    async addBook(wish: NewBook): Promise<Book> {
      checkBook(wish)
      const book = { id: `bk_${shop.nextId++}`, ...wish }
      shop.books.push(book)
      await save()
      return book
    },

    async replaceBook(id: string, wish: NewBook): Promise<Book | undefined> {
      const book = findBook(id)
      if (!book) return undefined
      checkBook(wish, id)
      Object.assign(book, wish)
      await save()
      return book
    },

    async removeBook(id: string): Promise<boolean> {
      const index = shop.books.findIndex((book) => book.id === id)
      if (index < 0) return false
      if (shop.orders.some(({ lines }) => lines.some((line) => line.bookId === id)))
        throw new ConflictError(`${id} was ordered, so it stays.`)
      shop.books.splice(index, 1)
      await save()
      return true
    },

    async placeOrder(wish: NewOrder): Promise<Order> {
      const wanted = new Map<string, number>()
      for (const { bookId, quantity } of wish.lines) wanted.set(bookId, (wanted.get(bookId) ?? 0) + quantity)
      const taken = [...wanted].map(([bookId, quantity]) => {
        const book = findBook(bookId)
        if (!book) throw new ConflictError(`There is no book ${bookId}.`)
        if (book.stock < quantity)
          throw new ConflictError(`Only ${book.stock} copies of ${bookId} are in stock.`)
        return { book, quantity }
      })
      for (const { book, quantity } of taken) book.stock -= quantity
      const order: Order = {
        id: `or_${shop.nextId++}`,
        ...wish,
        totalCents: taken.reduce((sum, { book, quantity }) => sum + book.priceCents * quantity, 0),
        status: 'placed',
        placedAt: new Date().toISOString(),
      }
      shop.orders.push(order)
      await save()
      return order
    },

    async cancelOrder(id: string): Promise<Order | undefined> {
      const order = shop.orders.find((candidate) => candidate.id === id)
      if (order?.status !== 'placed') return order
      order.status = 'cancelled'
      for (const { bookId, quantity } of order.lines) {
        const book = findBook(bookId)
        if (book) book.stock += quantity
      }
      await save()
      return order
    },
  }
}

function load(path: string): Shop {
  mkdirSync(dirname(path), { recursive: true })
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'))
  return structuredClone({ books: firstBooks, authors: firstAuthors, orders: [], nextId: 1 })
}
