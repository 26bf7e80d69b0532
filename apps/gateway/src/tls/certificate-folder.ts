// Certificates that the operator put into a folder of this machine: read again when a file changes.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CertificateFault, readHostCertificate } from '@gatewright/shared/x509/host-certificate'
import type { ShownCertificate } from './certificate-shelf.ts'

interface Log {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/** `default.crt` is for those who name no host that another one is for. */
const defaultName = 'default'
const lookEveryMs = 2_000

/**
 * Tells `changed` of all pairs `<name>.crt` and `<name>.key` in the folder, at once and whenever they are others. A pair that cannot be
 * used is logged, and the one before it under this name is kept.
 */
export function followCertificateFolder(
  folder: string,
  changed: (certificates: readonly ShownCertificate[]) => void,
  log: Log,
  everyMs = lookEveryMs,
): { close(): void } {
  let kept = new Map<string, { readonly stamp: string; readonly certificate: ShownCertificate | null }>()

  function look(): void {
    const names = namesIn(folder, log)
    const found: typeof kept = new Map()
    let isNew = names.length !== kept.size
    for (const name of names) {
      const path = join(folder, name)
      const stamp = stampOf(path)
      const before = kept.get(name)
      if (before?.stamp === stamp) {
        found.set(name, before)
        continue
      }
      isNew = true
      found.set(name, { stamp, certificate: readPair(path, name, log) ?? before?.certificate ?? null })
    }
    if (!isNew) return
    kept = found
    changed([...found.values()].flatMap(({ certificate }) => certificate ?? []))
  }

  look()
  const timer = setInterval(look, everyMs).unref()
  return { close: () => clearInterval(timer) }
}

function namesIn(folder: string, log: Log): string[] {
  try {
    const files = readdirSync(folder)
    return files.filter((file) => file.endsWith('.crt')).map((file) => file.slice(0, -'.crt'.length))
  } catch (error) {
    log.warn({ folder, reason: (error as Error).message }, 'The folder of certificates cannot be read')
    return []
  }
}

function readPair(path: string, name: string, log: Log): ShownCertificate | null {
  try {
    const chain = readFileSync(`${path}.crt`, 'utf8')
    const key = readFileSync(`${path}.key`, 'utf8')
    const { hosts, notAfterMs } = readHostCertificate(chain, key, Date.now())
    log.info(
      { certificate: path, hosts, expires: new Date(notAfterMs).toISOString() },
      'A certificate is shown',
    )
    return { hosts, chain, key, notAfterMs, isDefault: name === defaultName }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const isOurs = error instanceof CertificateFault || code !== undefined
    const reason = code === 'ENOENT' ? 'its key is not there' : isOurs ? message : 'it cannot be read'
    log.warn({ certificate: path, reason }, 'A certificate cannot be used; one before it is still shown')
    return null
  }
}

function stampOf(path: string): string {
  const files = [`${path}.crt`, `${path}.key`].map((file) => statSync(file, { throwIfNoEntry: false }))
  return files.map((it) => (it === undefined ? 'gone' : `${it.mtimeMs} ${it.size} ${it.ino}`)).join()
}
