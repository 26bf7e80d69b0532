// Fails `npm run check` when a page grew past its budget: gzip size of all script it needs, from Vite's manifest.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

interface Chunk {
  file: string
  imports?: string[]
}

const dist = process.argv[2] ?? join(import.meta.dirname, '../dist')
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8')) as Record<string, Chunk>

const entry = 'index.html'
const developer = ['src/shells/developer.tsx']
const admin = ['src/shells/admin.tsx']
const insights = ['src/shells/insights.tsx']

/** Sizes in kB (1000 bytes), gzip. `over`: what is loaded already and does not count again. */
const budgets: ReadonlyArray<{
  name: string
  limitKb: number
  loads: readonly string[]
  over?: readonly string[]
}> = [
  {
    name: 'Public portal: catalogue',
    limitKb: 160,
    loads: [entry, ...developer, 'src/features/catalogue/list.tsx'],
  },
  {
    name: 'Public portal: API page',
    limitKb: 160,
    loads: [entry, ...developer, 'src/features/catalogue/detail.tsx'],
  },
  { name: 'Signed-in shell', limitKb: 215, loads: [entry, ...admin] },
  {
    name: 'Docs route, on top of the shell',
    limitKb: 440,
    loads: ['src/features/catalogue/docs.tsx', 'src/features/catalogue/swagger-docs.tsx'],
    over: [entry, ...developer, ...admin],
  },
  {
    name: 'Charts, on top of the shell',
    limitKb: 165,
    loads: ['src/charts/time-series.tsx'],
    over: [entry, ...insights],
  },
  {
    name: 'Policy editor, on top of the shell',
    limitKb: 140,
    loads: ['src/pipeline/chain-editor.tsx'],
    over: [entry, ...admin],
  },
  {
    name: 'Markdown reader, on top of the page',
    limitKb: 65,
    loads: ['src/ui/markdown.tsx'],
    over: [entry, ...developer],
  },
]

function closure(sources: readonly string[]): Set<string> {
  const files = new Set<string>()
  const queue = [...sources]
  const seen = new Set<string>()
  while (queue.length > 0) {
    const source = queue.pop() ?? ''
    if (seen.has(source)) continue
    seen.add(source)
    const chunk = manifest[source]
    if (!chunk) throw new Error(`the manifest has no ${source}: the budget list is out of date`)
    if (chunk.file.endsWith('.js')) files.add(chunk.file)
    queue.push(...(chunk.imports ?? []))
  }
  return files
}

const sizes = new Map<string, number>()
function gzipped(file: string): number {
  const known = sizes.get(file) ?? gzipSync(readFileSync(join(dist, file)), { level: 9 }).length
  sizes.set(file, known)
  return known
}

let isOver = false
for (const { name, limitKb, loads, over = [] } of budgets) {
  const already = closure(over)
  const kb =
    [...closure(loads)].filter((file) => !already.has(file)).reduce((sum, file) => sum + gzipped(file), 0) /
    1000
  const isBad = kb > limitKb
  isOver ||= isBad
  console.log(
    `${isBad ? 'OVER' : 'ok  '} ${kb.toFixed(1).padStart(6)} of ${String(limitKb).padStart(3)} kB  ${name}`,
  )
}
if (isOver) {
  console.error('A page is over its budget. Load the heavy part lazily, or argue for a new budget in an ADR.')
  process.exitCode = 1
}
