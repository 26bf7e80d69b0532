// What is on the shelves on the first day.
import type { Author, Book, Genre } from './store.ts'

export const firstAuthors: Author[] = [
  { id: 'au_austen', name: 'Jane Austen', born: 1775 },
  { id: 'au_christie', name: 'Agatha Christie', born: 1890 },
  { id: 'au_doyle', name: 'Arthur Conan Doyle', born: 1859 },
  { id: 'au_gibbon', name: 'Edward Gibbon', born: 1737 },
  { id: 'au_herbert', name: 'Frank Herbert', born: 1920 },
  { id: 'au_leguin', name: 'Ursula K. Le Guin', born: 1929 },
  { id: 'au_shelley', name: 'Mary Shelley', born: 1797 },
  { id: 'au_tolkien', name: 'J. R. R. Tolkien', born: 1892 },
]

const rows: [string, string, string, Genre, number, string, number, number][] = [
  [
    'bk_decline',
    'The Decline and Fall of the Roman Empire',
    'au_gibbon',
    'history',
    1776,
    '9780140437645',
    1999,
    4,
  ],
  ['bk_dune', 'Dune', 'au_herbert', 'science-fiction', 1965, '9780441013593', 1099, 12],
  ['bk_earthsea', 'A Wizard of Earthsea', 'au_leguin', 'fantasy', 1968, '9780547773742', 999, 9],
  ['bk_emma', 'Emma', 'au_austen', 'classic', 1815, '9780141439587', 799, 20],
  ['bk_frankenstein', 'Frankenstein', 'au_shelley', 'classic', 1818, '9780141439471', 699, 15],
  ['bk_hobbit', 'The Hobbit', 'au_tolkien', 'fantasy', 1937, '9780547928227', 1499, 18],
  ['bk_hound', 'The Hound of the Baskervilles', 'au_doyle', 'mystery', 1902, '9780141032436', 749, 11],
  [
    'bk_lefthand',
    'The Left Hand of Darkness',
    'au_leguin',
    'science-fiction',
    1969,
    '9780441478125',
    1199,
    7,
  ],
  ['bk_messiah', 'Dune Messiah', 'au_herbert', 'science-fiction', 1969, '9780593098233', 1049, 8],
  ['bk_orient', 'Murder on the Orient Express', 'au_christie', 'mystery', 1934, '9780062693662', 1149, 14],
  ['bk_persuasion', 'Persuasion', 'au_austen', 'classic', 1817, '9780141439686', 749, 13],
  ['bk_rings', 'The Lord of the Rings', 'au_tolkien', 'fantasy', 1954, '9780618640157', 2999, 12],
]

export const firstBooks: Book[] = rows.map(([id, title, authorId, genre, year, isbn, priceCents, stock]) => ({
  id,
  title,
  authorId,
  genre,
  year,
  isbn,
  priceCents,
  stock,
}))
