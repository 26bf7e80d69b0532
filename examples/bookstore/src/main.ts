// Starts the shop: PORT (8090), HOST (127.0.0.1) and DATA_FILE (bookstore.json) say where.

import { createBookstore } from './server.ts'
import { openStore } from './store.ts'

const { PORT = '8090', HOST = '127.0.0.1', DATA_FILE = 'bookstore.json' } = process.env
const server = createBookstore(openStore(DATA_FILE))

server.on('error', (error: NodeJS.ErrnoException) => {
  const inUse = error.code === 'EADDRINUSE'
  console.error(inUse ? `Port ${PORT} is in use: choose another with PORT.` : error.message)
  process.exit(1)
})
server.listen(Number(PORT), HOST, () => console.log(`Bookstore on http://${HOST}:${PORT}`))

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    server.close()
    server.closeIdleConnections()
  })
