// Certificates that come with the configuration, their keys opened here and nowhere before.
import { certificateKeyPlace } from '@gatewright/shared/sealing/certificate-key'
import type { Keyring } from '@gatewright/shared/sealing/keyring'
import { open } from '@gatewright/shared/sealing/sealed'
import type { CertificateDocument } from '@gatewright/shared/snapshot'
import type { ShownCertificate } from './certificate-shelf.ts'

/** Opens what a snapshot brings. Throws a sentence when a key cannot be opened. */
export type CertificateOpener = (documents: readonly CertificateDocument[]) => readonly ShownCertificate[]

const none: readonly ShownCertificate[] = []

/** One that did not change is the same object as before, with the context that was made of it. */
export function createCertificateOpener(keys: Keyring): CertificateOpener {
  let kept = new Map<string, ShownCertificate>()
  let shown = none
  return (documents) => {
    const opened = new Map<string, ShownCertificate>()
    for (const document of documents) {
      const name = JSON.stringify(document)
      opened.set(name, kept.get(name) ?? openOne(document, keys))
    }
    const isSame = opened.size === kept.size && [...opened.keys()].every((name) => kept.has(name))
    kept = opened
    if (!isSame) shown = [...opened.values()]
    return shown
  }
}

function openOne({ id, name, hosts, chain, key, notAfter, isDefault }: CertificateDocument, keys: Keyring) {
  try {
    return { hosts, chain, key: open(key, certificateKeyPlace(id), keys), notAfterMs: notAfter, isDefault }
  } catch (error) {
    throw new Error(
      `certificate ${name}: ${(error as Error).message}; start this gateway with the SECRETS_KEY or SECRETS_KEY_FILE of the admin API`,
      { cause: error },
    )
  }
}
