// What is set on an upstream, in a few words per part: shown where the fields themselves are folded away.

import { useTranslation } from 'react-i18next'
import { useFormat } from '../../../ui/format.ts'
import type { Settings } from './settings.ts'

export type Part =
  | 'targets'
  | 'discovery'
  | 'balancing'
  | 'health'
  | 'breaker'
  | 'retries'
  | 'timeouts'
  | 'connections'
  | 'tls'

/** `sum(settings)('health')`, and `line(settings)`: what tells one upstream from another at a glance. */
export function useSummary() {
  const { t } = useTranslation('admin')
  const format = useFormat()
  const join = (...parts: ReadonlyArray<string | false>) => parts.filter(Boolean).join(' · ')
  const words = (settings: Settings): Record<Part, string> => {
    const { discovery, balancing, activeHealth, passiveHealth, circuitBreaker, retries, hedging, tls } =
      settings
    return {
      targets: t('upstreams.sum.targets', { count: settings.targets.length }),
      discovery:
        discovery === null
          ? t('upstreams.sum.noDiscovery')
          : t(`upstreams.sum.discovery.${discovery.kind}`, { name: foundBy(discovery) }),
      balancing: join(
        t(`upstreams.sum.balancing.${balancing.algorithm}`),
        balancing.algorithm === 'hash' &&
          t(`upstreams.sum.hashOn.${balancing.on}`, { name: balancing.name ?? '' }),
        settings.slowStartMs > 0 &&
          t('upstreams.sum.slowStart', { duration: format.duration(settings.slowStartMs) }),
      ),
      health: join(
        activeHealth === null
          ? t('upstreams.sum.noProbes')
          : t(`upstreams.sum.probe.${activeHealth.kind}`, {
              path: activeHealth.path,
              duration: format.duration(activeHealth.intervalMs),
            }),
        passiveHealth === null
          ? t('upstreams.sum.noEjection')
          : t('upstreams.sum.ejects', { count: passiveHealth.failures }),
      ),
      breaker:
        circuitBreaker === null
          ? t('upstreams.sum.noBreaker')
          : t('upstreams.sum.breaker', {
              share: format.percent(circuitBreaker.failurePercent / 100),
              duration: format.duration(circuitBreaker.openMs),
            }),
      retries: join(
        retries === null
          ? t('upstreams.sum.noRetries')
          : t('upstreams.sum.retries', { count: retries.attempts }),
        hedging !== null && t('upstreams.sum.hedging', { duration: format.duration(hedging.delayMs) }),
      ),
      timeouts: join(
        t('upstreams.sum.connect', { duration: format.duration(settings.connectTimeoutMs) }),
        t('upstreams.sum.firstByte', { duration: format.duration(settings.firstByteTimeoutMs) }),
        settings.totalTimeoutMs > 0 &&
          t('upstreams.sum.total', { duration: format.duration(settings.totalTimeoutMs) }),
      ),
      connections: join(
        t('upstreams.sum.connections', { max: format.count(settings.connections.max) }),
        settings.connections.warm > 0 && t('upstreams.sum.warm', { count: settings.connections.warm }),
        settings.hostHeader === 'client' && t('upstreams.sum.clientHost'),
      ),
      tls: join(
        tls.verify ? t('upstreams.sum.verified') : t('upstreams.sum.notVerified'),
        tls.ca !== null && t('upstreams.sum.ownAuthorities'),
        tls.identity !== null && t('upstreams.sum.identity', { name: tls.identity }),
      ),
    }
  }
  const line = (settings: Settings): string => {
    const { balancing, health, breaker, retries, discovery } = words(settings)
    const isOne = settings.discovery === null && settings.targets.length === 1
    return asSentence(
      join(
        settings.discovery !== null && discovery,
        !isOne && balancing,
        health,
        settings.circuitBreaker !== null && breaker,
        retries,
      ),
    )
  }
  const sum = (settings: Settings) => {
    const told = words(settings)
    return (part: Part): string => asSentence(told[part])
  }
  return { sum, line }
}

function asSentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function foundBy(discovery: NonNullable<Settings['discovery']>): string {
  if (discovery.kind === 'dns') return discovery.name
  return discovery.kind === 'eureka' ? discovery.app : discovery.service
}
