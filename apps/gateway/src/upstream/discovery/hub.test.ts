import { BlockList } from 'node:net'
import type { Discovery } from '@gatewright/shared/model/upstream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { FromWorker, ToWorker } from '../../messages.ts'
import type { DiscoveredTarget, Discoverer } from './discoverer.ts'
import { createDiscoveryHub, type DiscoveryState } from './hub.ts'
import { createDiscoveryDesk, createDiscoveryLine } from './line.ts'

afterEach(() => {
  vi.useRealTimers()
})

const dns = (name: string): Discovery => ({ kind: 'dns', name, record: 'A', port: 80, scheme: 'http' })
const target = (url: string, more: Partial<DiscoveredTarget> = {}): DiscoveredTarget => ({
  url,
  hostName: null,
  weight: 1,
  region: null,
  ...more,
})

/** A hub whose discoverers say what the test says. */
function createRig() {
  const forbidden = new BlockList()
  forbidden.addSubnet('169.254.0.0', 16)
  const clock = { nowMs: 1_000 }
  const logged: string[] = []
  const running: { settings: Discovery; stopped: boolean; start: Parameters<Discoverer['start']> }[] = []
  const hub = createDiscoveryHub({
    forbidden,
    log: { info: (_, message) => logged.push(message), warn: (_, message) => logged.push(message) },
    now: () => clock.nowMs,
    create: (settings) => {
      const discoverer = { settings, stopped: false, start: [] as never }
      running.push(discoverer)
      return {
        start: (...start) => {
          discoverer.start = start as never
        },
        stop: () => {
          discoverer.stopped = true
        },
      }
    },
  })
  const tell = (i: number, ...targets: DiscoveredTarget[]) => running[i]?.start[0](targets)
  const fail = (i: number, reason: string) => running[i]?.start[1](reason)
  return { hub, clock, running, logged, tell, fail }
}

describe('the hub of discovery', () => {
  it('asks once for all of a tenant who ask the same, and apart for another tenant', () => {
    const { hub, running, tell } = createRig()
    vi.useFakeTimers()
    const heard: string[] = []
    const ends = ['ten_a', 'ten_a', 'ten_b'].map((tenant, i) =>
      hub.subscribe(tenant, dns('books'), ({ targets }) => heard.push(`${i} ${targets[0]?.url}`)),
    )
    hub.subscribe('ten_a', dns('films'), () => undefined)
    expect(running).toHaveLength(3)
    tell(0, target('http://10.0.0.1'))
    expect(heard).toEqual(['0 http://10.0.0.1', '1 http://10.0.0.1'])
    ends[0]?.()
    ends[0]?.()
    tell(0, target('http://10.0.0.2'))
    expect(heard.slice(2)).toEqual(['1 http://10.0.0.2'])
    expect(running[0]?.stopped).toBe(false)
    ends[1]?.()
    vi.advanceTimersByTime(29_000)
    expect(running[0]?.stopped).toBe(false)
    vi.advanceTimersByTime(1_000)
    expect(running.map(({ stopped }) => stopped)).toEqual([true, false, false])
  })

  it('tells who comes later what is known, so that a new generation begins with it', () => {
    const { hub, running, tell } = createRig()
    hub.subscribe('ten_a', dns('books'), () => undefined)
    tell(0, target('http://10.0.0.1'))
    let state: DiscoveryState | null = null
    hub.subscribe('ten_a', dns('books'), (it) => {
      state = it
    })
    expect(state).toEqual({ targets: [target('http://10.0.0.1')], updatedAt: 1_000, error: null })
    expect(running).toHaveLength(1)
  })

  it('waits for who comes back, such as a worker that crashed: it begins with what is known', () => {
    vi.useFakeTimers()
    const { hub, running, tell } = createRig()
    hub.subscribe('ten_a', dns('books'), () => undefined)()
    tell(0, target('http://10.0.0.1'))
    vi.advanceTimersByTime(29_000)
    const heard: DiscoveryState[] = []
    hub.subscribe('ten_a', dns('books'), (state) => heard.push(state))
    vi.advanceTimersByTime(60_000)
    expect(heard[0]?.targets).toEqual([target('http://10.0.0.1')])
    expect(running.map(({ stopped }) => stopped)).toEqual([false])
  })

  it('keeps the last list while it cannot be read, and follows an empty one', () => {
    const { hub, clock, logged, tell, fail } = createRig()
    const states: DiscoveryState[] = []
    hub.subscribe('ten_a', dns('books'), (state) => states.push(state))
    tell(0, target('http://10.0.0.1'))
    clock.nowMs = 2_000
    fail(0, 'away')
    fail(0, 'away')
    expect(hub.counts).toEqual({ followed: 1, failing: 1 })
    expect(states.at(-1)).toEqual({ targets: [target('http://10.0.0.1')], updatedAt: 1_000, error: 'away' })
    clock.nowMs = 3_000
    tell(0)
    expect(states.at(-1)).toEqual({ targets: [], updatedAt: 3_000, error: null })
    expect(hub.counts).toEqual({ followed: 1, failing: 0 })
    expect(logged).toEqual(['Discovery fails; what was found before stays', 'Discovery works again'])
  })

  it('an unchanged list is the same object, and that it was read again is told every 10 s', () => {
    const { hub, clock, tell } = createRig()
    const states: DiscoveryState[] = []
    hub.subscribe('ten_a', dns('books'), (state) => states.push(state))
    tell(0, target('http://10.0.0.2'), target('http://10.0.0.1'))
    for (let i = 0; i < 20; i++) {
      clock.nowMs += 1_000
      tell(0, target('http://10.0.0.1'), target('http://10.0.0.2'))
    }
    expect(states.map(({ updatedAt }) => updatedAt)).toEqual([1_000, 11_000, 21_000])
    expect(new Set(states.map(({ targets }) => targets)).size).toBe(1)
    tell(0, target('http://10.0.0.1', { weight: 2 }), target('http://10.0.0.2'))
    expect(states).toHaveLength(4)
  })

  it('FORBIDDEN_UPSTREAMS: no instance is where gateways may not call, and people are told', () => {
    const { hub, tell } = createRig()
    const states: DiscoveryState[] = []
    hub.subscribe('ten_a', dns('books'), (state) => states.push(state))
    tell(
      0,
      target('http://169.254.169.254'),
      target('http://10.0.0.1'),
      target('http://[::ffff:169.254.1.1]'),
    )
    expect(states[0]?.targets).toEqual([target('http://10.0.0.1')])
    expect(states[0]?.error).toBe('2 of 3 instances are at addresses that gateways may not call')
  })

  it('takes no more instances than a balancer can use', () => {
    const { hub, tell } = createRig()
    const states: DiscoveryState[] = []
    hub.subscribe('ten_a', dns('books'), (state) => states.push(state))
    tell(0, ...Array.from({ length: 3_000 }, (_, i) => target(`http://10.0.${i >> 8}.${i & 255}`)))
    expect(states[0]?.targets).toHaveLength(2_000)
    expect(states[0]?.error).toBe('Only the first 2000 of 3000 instances are used')
  })
})

describe('the line between worker and supervisor', () => {
  it('carries what is found, and what a worker followed ends with it', () => {
    vi.useFakeTimers()
    const { hub, running, tell } = createRig()
    const desk = createDiscoveryDesk(hub)
    const reply = (message: ToWorker) => {
      if (message.kind === 'discovered') line.hear(message.id, structuredClone(message.state))
    }
    const line = createDiscoveryLine((message: FromWorker) => {
      if (message.kind === 'discover') desk.follow(message, reply)
      if (message.kind === 'discover-end') desk.end(message.id, reply)
    })
    const heard: (string | undefined)[] = []
    const end = line.subscribe('ten_a', dns('books'), ({ targets }) => heard.push(targets[0]?.url))
    line.subscribe('ten_a', dns('films'), () => undefined)
    tell(0, target('http://10.0.0.1'))
    end()
    end()
    vi.advanceTimersByTime(30_000)
    expect(running.map(({ stopped }) => stopped)).toEqual([true, false])
    desk.forget(reply)
    vi.advanceTimersByTime(30_000)
    expect(running.map(({ stopped }) => stopped)).toEqual([true, true])
    expect(heard).toEqual(['http://10.0.0.1'])
  })

  it('is settled when everything was told once, or could not be, or nobody follows it any more', async () => {
    const line = createDiscoveryLine(() => undefined)
    const state = { targets: [], updatedAt: null, error: 'away' }
    line.subscribe('ten_a', dns('books'), () => undefined)
    const end = line.subscribe('ten_a', dns('films'), () => undefined)
    const settled = line.settled()
    line.hear(1, state)
    end()
    await settled
    await line.settled()
  })
})
