// Three sizes of test: `unit` needs nothing, `int` gets a real PostgreSQL and Redis (scripts/stack/vitest-global.ts),
// `system` starts the built product itself (scripts/stack/stack.ts).
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

const root = import.meta.dirname
const shared = {
  root,
  resolve: {
    // Tests run from source: no build comes first, and a stack trace names the line that was written.
    alias: [{ find: /^@gatewright\/shared\/(.+)$/, replacement: join(root, 'packages/shared/src/$1.ts') }],
  },
}
const folders = '{apps,packages,scripts,prisma,examples}/**'

export default defineConfig({
  test: {
    projects: [
      {
        ...shared,
        test: {
          name: 'unit',
          include: [`${folders}/*.test.{ts,tsx}`],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.int.test.ts', '**/*.system.test.ts'],
          maxWorkers: '100%',
          // A limit for what hangs, not for what is slow on a busy machine.
          testTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: 'int',
          include: [`${folders}/*.int.test.ts`],
          exclude: ['**/node_modules/**', '**/dist/**'],
          globalSetup: [join(root, 'scripts/stack/vitest-global.ts')],
          // All of a small machine; on a large one not more than one PostgreSQL has connections for.
          maxWorkers: Math.min(4, availableParallelism()),
          testTimeout: 60_000,
          hookTimeout: 120_000,
          expect: { poll: { timeout: 20_000 } },
        },
      },
      {
        ...shared,
        test: {
          name: 'system',
          include: ['e2e/**/*.test.ts', 'scripts/**/*.system.test.ts'],
          exclude: ['**/node_modules/**'],
          // Each file starts a stack of several processes: one after the other.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
