// What a draft answers, and where it sends that: its routes and its upstreams.
import * as z from 'zod'
import { idSchema } from '../ids.ts'
import { apiVersion, method, pathTemplate, route } from '../model/api.ts'
import { requestConditions } from '../model/match.ts'
import { upstreamName, upstreamSettings } from '../model/upstream.ts'
import { page, pageInput } from '../model/wire.ts'
import { mockExample } from '../snapshot.ts'
import { inVersion, nothing, operation } from './operation.ts'

export const routes = {
  list: operation(
    'GET',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/routes',
    'api:read',
    'List routes',
  )
    .input(pageInput.extend({ ...inVersion, search: z.string().max(200).optional() }))
    .output(page(route)),
  create: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/routes',
    'api:write',
    'Add a route',
    {
      status: 201,
    },
  )
    .input(
      z.strictObject({
        ...inVersion,
        method,
        path: pathTemplate,
        when: requestConditions.nullable().default(null),
        upstream: upstreamName.nullable().default(null),
        operationId: z.string().max(200).nullable().default(null),
        summary: z.string().max(300).nullable().default(null),
        public: z.boolean().default(false),
        mocks: z.array(mockExample).max(50).default([]),
      }),
    )
    .output(route),
  update: operation(
    'PATCH',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/routes/{route}',
    'api:write',
    'Change a route',
    {
      concurrency: true,
    },
  )
    .input(
      z.strictObject({
        ...inVersion,
        route: idSchema('rte'),
        when: requestConditions.nullable().optional(),
        upstream: upstreamName.nullable().optional(),
        summary: z.string().max(300).nullable().optional(),
        public: z.boolean().optional(),
        enabled: z.boolean().optional(),
        mocks: z.array(mockExample).max(50).optional(),
      }),
    )
    .output(route),
  remove: operation(
    'DELETE',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/routes/{route}',
    'api:write',
    'Remove a route',
    {
      concurrency: true,
    },
  )
    .input(z.strictObject({ ...inVersion, route: idSchema('rte') }))
    .output(nothing),
}

const inUpstream = { ...inVersion, upstream: upstreamName }

export const upstreams = {
  set: operation(
    'PUT',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/upstreams/{upstream}',
    'api:write',
    'Set an upstream',
    {
      description:
        'Makes or replaces it in the draft; If-Match carries the version of the API version. Routes use `default` unless they or the traffic of a deployment say otherwise.',
      concurrency: true,
    },
  )
    .input(upstreamSettings.extend(inUpstream))
    .output(apiVersion),
  remove: operation(
    'DELETE',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/upstreams/{upstream}',
    'api:write',
    'Remove an upstream',
    {
      description: 'From the draft; If-Match carries the version of the API version.',
      concurrency: true,
    },
  )
    .input(z.strictObject(inUpstream))
    .output(apiVersion),
  check: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/upstreams/{upstream}/check',
    'api:write',
    'Try to connect to each target',
    {
      reads: true,
    },
  )
    .input(z.strictObject(inUpstream))
    .output(
      z.strictObject({
        targets: z.array(
          z.strictObject({
            url: z.string(),
            reachable: z.boolean(),
            milliseconds: z.int(),
            detail: z.string(),
          }),
        ),
      }),
    ),
}
