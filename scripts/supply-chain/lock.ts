// What stands in package-lock.json: each package that is installed, where, and what it needs.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

const entry = z.object({
  name: z.string().optional(),
  version: z.string().optional(),
  license: z.string().optional(),
  integrity: z.string().optional(),
  link: z.boolean().default(false),
  resolved: z.string().optional(),
  dev: z.boolean().default(false),
  optional: z.boolean().default(false),
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
  peerDependencies: z.record(z.string(), z.string()).default({}),
})

const lockFile = z.object({ packages: z.record(z.string(), entry) })

export interface LockedPackage {
  /** `node_modules/a/node_modules/b`. */
  readonly path: string
  readonly name: string
  readonly version: string
  /** SPDX expression as its author wrote it. */
  readonly license: string | null
  /** Subresource Integrity. */
  readonly integrity: string | null
  /** Of one platform, or for a feature that works without it. */
  readonly isOptional: boolean
  /** Names, all kinds of them that are installed with it. */
  readonly needs: readonly string[]
}

/**
 * The packages that come with the product, sorted by path; what only builds and tests it is left out. What is needed for that and is
 * optional for a production package (`devOptional`) comes with it: `npm ci --omit=dev`, as the images are made, installs it.
 */
export function productionPackages(root: string): LockedPackage[] {
  const { packages } = lockFile.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')))
  return Object.entries(packages)
    .filter(([path, { link, dev }]) => path.includes('node_modules/') && !link && !dev)
    .map(([path, { name, version, license, integrity, optional, ...needs }]) => ({
      path,
      name: name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: version ?? '',
      license: license ?? null,
      integrity: integrity ?? null,
      isOptional: optional,
      needs: Object.keys({
        ...needs.dependencies,
        ...needs.optionalDependencies,
        ...needs.peerDependencies,
      }),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1))
}
