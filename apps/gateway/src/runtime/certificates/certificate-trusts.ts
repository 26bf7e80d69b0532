// Which clients' certificates a policy believes: its authorities and its revocation lists, and what was found out before.
import type {
  CertificateTrust,
  CertificateTrusts,
  CertificateVerdict,
  PresentedCertificate,
  TrustSettings,
} from '@gatewright/shared/policies/certificate-ports'
import { type Certificate, readCertificates } from '@gatewright/shared/x509/certificate'
import { isForClients, judgeChain, judgeDates } from '@gatewright/shared/x509/chain'
import { type RevocationList, readRevocationLists } from '@gatewright/shared/x509/revocation-list'
import type { RevocationFeed, RevocationFeeds } from './revocation-feeds.ts'
import { ShownCertificate } from './shown-certificate.ts'

interface Log {
  warn(fields: object, message: string): void
}

/** What was found out about a certificate: true until then, as long as the lists are the same. */
interface Finding {
  readonly verdict: CertificateVerdict
  /** Unix milliseconds. */
  readonly untilMs: number
  readonly lists: number
}

/** How long a refusal is remembered, milliseconds: its reason may pass with time. */
const refusalMs = 5_000

export function createCertificateTrusts(feeds: RevocationFeeds, log: Log): CertificateTrusts {
  return { follow: (settings) => new FollowedTrust(settings, feeds, log) }
}

class FollowedTrust implements CertificateTrust {
  /** null: any certificate whose client has its key. */
  readonly #authorities: readonly Certificate[] | null
  readonly #given: readonly RevocationList[]
  readonly #feeds: readonly RevocationFeed[]
  readonly #asksForLists: boolean
  readonly #findings = new WeakMap<PresentedCertificate, Finding>()

  constructor(
    { authorities, revocationLists, revocationListUrls }: TrustSettings,
    feeds: RevocationFeeds,
    log: Log,
  ) {
    // What cannot be read vouches for nobody: the policy of one team must not hold up the configuration of all.
    this.#authorities =
      authorities === null ? null : read(() => readCertificates(authorities), 'authorities', log)
    this.#given =
      revocationLists === null
        ? []
        : read(() => readRevocationLists(Buffer.from(revocationLists)), 'revocation lists', log)
    this.#feeds = revocationListUrls.map((url) => feeds.follow(url))
    this.#asksForLists = revocationLists !== null || revocationListUrls.length > 0
  }

  judge(certificate: PresentedCertificate, nowMs: number): CertificateVerdict {
    let lists = 0
    for (const feed of this.#feeds) lists += feed.version(nowMs)
    const before = this.#findings.get(certificate)
    if (before !== undefined && before.untilMs > nowMs && before.lists === lists) return before.verdict
    const finding = { ...this.#find(certificate, nowMs), lists }
    this.#findings.set(certificate, finding)
    return finding.verdict
  }

  #find(presented: PresentedCertificate, nowMs: number): Omit<Finding, 'lists'> {
    // Nobody else makes them here.
    if (!(presented instanceof ShownCertificate)) return { verdict: 'untrusted', untilMs: 0 }
    const { certificate, between } = presented
    if (this.#authorities === null) {
      const kind = judgeDates(certificate, nowMs)?.kind ?? (isForClients(certificate) ? 'good' : 'untrusted')
      return { verdict: kind, untilMs: kind === 'good' ? certificate.notAfterMs : nowMs + refusalMs }
    }
    const lists = this.#asksForLists ? [...this.#given, ...this.#feeds.flatMap((feed) => feed.lists)] : null
    const verdict = judgeChain(certificate, between, { authorities: this.#authorities, lists }, nowMs)
    return { verdict: verdict.kind, untilMs: verdict.kind === 'good' ? verdict.untilMs : nowMs + refusalMs }
  }
}

function read<Part>(parse: () => Part[], what: string, log: Log): readonly Part[] {
  try {
    return parse()
  } catch (error) {
    log.warn(
      { reason: (error as Error).message },
      `The ${what} of an mtls policy cannot be read; they vouch for nobody`,
    )
    return []
  }
}
