// What the compile step needs of the world, for tests that look at what it makes: nothing is called and nothing refused.
import { createDeps } from '../../../../packages/shared/src/testing/policy.fixture.ts'
import type { CompileDeps } from '../config/compile.ts'
import { createGuards } from '../traffic/guards.ts'
import { MirrorCounts } from '../traffic/mirror.ts'
import type { Upstream } from '../upstream/call.ts'

/** Stands behind routes whose requests nobody sends. */
export const unusedUpstream: Upstream = {
  name: 'default',
  hostHeader: 'upstream',
  timeouts: { connectMs: 1, firstByteMs: 1, idleMs: 1, totalMs: 0 },
  pick: () => null,
  plan: null,
  state: () => {
    throw new Error('nobody asks')
  },
}

export function createCompileDeps(more: Partial<CompileDeps> = {}): CompileDeps {
  return {
    policies: createDeps(),
    secrets: () => ({ open: (text) => ({ text, key: text }) }),
    upstreams: { acquire: () => ({ upstream: unusedUpstream, release: () => undefined }) },
    certificates: null,
    guards: createGuards(() => undefined),
    mirrors: new MirrorCounts(),
    admission: null,
    always: [],
    group: 'default',
    pause: () => undefined,
    ...more,
  }
}
