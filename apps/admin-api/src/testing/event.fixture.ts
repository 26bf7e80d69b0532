// A request event as a gateway sends it; tests say what matters to them.
import type { RequestEvent } from '@gatewright/shared/event'
import { createId } from '@gatewright/shared/ids'

export function event(more: Partial<RequestEvent> = {}): RequestEvent {
  return {
    id: createId('req'),
    at: Date.now(),
    environmentId: 'env_1',
    gatewayId: 'gw-1',
    revision: 1,
    tenantId: 'ten_1',
    apiId: 'api_1',
    versionId: 'ver_1',
    routeId: 'rte_1',
    applicationId: 'app_1',
    subscriptionId: 'sub_1',
    planId: 'pln_1',
    credentialId: null,
    method: 'GET',
    route: '/books/{id}',
    path: '/books/1',
    host: 'gw.test',
    status: 200,
    reason: null,
    policy: null,
    gatewayUs: 300,
    upstreamUs: 20_000,
    bytesIn: 10,
    bytesOut: 100,
    address: '192.0.2.1',
    agent: 'curl',
    cache: 'none',
    tryIt: false,
    ...more,
  }
}
