// Test support: the real OpenAPI documents beside the checkout, where they are present.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const folder =
  process.env.GATEWRIGHT_SPECS_DIR ?? resolve(import.meta.dirname, '../../../../../../shared/specs')

export const specFolderMissing = !existsSync(folder)
export const whySkipped = `skipped: no real OpenAPI documents (set GATEWRIGHT_SPECS_DIR)`

export function specNames(): string[] {
  return specFolderMissing ? [] : readdirSync(folder).filter((name) => /\.(json|ya?ml)$/.test(name))
}

export function specBytes(name: string): Uint8Array {
  return readFileSync(resolve(folder, name))
}

export function bytes(document: unknown): Uint8Array {
  return new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document, null, 2))
}
