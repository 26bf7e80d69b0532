// One version of an API: its draft, its document, what publishing would change, and its lifecycle.
import * as z from 'zod'
import { slug } from '../ids.ts'
import {
  apiVersion,
  basePath,
  documentChange,
  documentFinding,
  hostName,
  publishFinding,
} from '../model/api.ts'
import { driftKinds, jsonType } from '../model/drift.ts'
import { change } from '../model/environment.ts'
import { versionSelector } from '../model/match.ts'
import { instant, reference, written } from '../model/wire.ts'
import { documentSource } from './imports.ts'
import { inApi, inVersion, nothing, operation } from './operation.ts'

export const versions = {
  get: operation('GET', '/tenants/{tenant}/apis/{api}/versions/{apiVersion}', 'api:read', 'Read a version')
    .input(z.strictObject(inVersion))
    .output(apiVersion),
  create: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions',
    'api:write',
    'Create a version without a document',
    {
      status: 201,
    },
  )
    .input(z.strictObject({ ...inApi, name: slug, basePath }))
    .output(apiVersion),
  update: operation(
    'PATCH',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}',
    'api:write',
    'Change a version’s draft',
    {
      concurrency: true,
    },
  )
    .input(
      z.strictObject({
        ...inVersion,
        basePath: basePath.optional(),
        hosts: z.array(hostName).max(50).optional(),
        selector: versionSelector.nullable().optional(),
        public: z.boolean().optional(),
      }),
    )
    .output(apiVersion),
  remove: operation(
    'DELETE',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}',
    'api:write',
    'Delete a draft or retired version',
    {
      concurrency: true,
    },
  )
    .input(z.strictObject(inVersion))
    .output(nothing),
  document: operation(
    'GET',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/document',
    'api:read',
    'Read the original document',
  )
    .input(z.strictObject(inVersion))
    .output(
      z.strictObject({
        format: z.enum(['json', 'yaml']),
        sha256: z.string(),
        base64: z.base64(),
        findings: z.array(documentFinding),
      }),
    ),
  previewReimport: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/document/preview',
    'api:write',
    'Say what a newer document would change',
    { reads: true },
  )
    .input(z.strictObject({ ...inVersion, source: documentSource }))
    .output(
      z.strictObject({
        specVersion: z.string(),
        documentVersion: z.string(),
        changes: z.array(documentChange),
        findings: z.array(documentFinding),
      }),
    ),
  reimport: operation(
    'PUT',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/document',
    'api:write',
    'Replace the document of a draft',
    {
      concurrency: true,
      description:
        'Routes that stay keep their policies and settings; gone ones are removed, new ones added.',
    },
  )
    .input(z.strictObject({ ...inVersion, source: documentSource }))
    .output(
      z.strictObject({ apiVersion, changes: z.array(documentChange), findings: z.array(documentFinding) }),
    ),
  proposeDocument: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/document/proposal',
    'api:write',
    'Say what the document would have to say for traffic to fit it',
    {
      reads: true,
      description:
        'From drift and undocumented calls of an environment. Nothing is written: what is wanted of it is imported as a newer document. Without `edits`, those are in it that only add.',
    },
  )
    .input(
      z.strictObject({
        ...inVersion,
        environment: reference,
        days: z.int().min(1).max(395).default(30),
        edits: z.array(z.string().max(2000)).max(400).optional(),
      }),
    )
    .output(
      z.strictObject({
        format: z.enum(['json', 'yaml']),
        before: z.string().meta({ help: 'The document of the draft, written as `after` is' }),
        after: z.string(),
        edits: z.array(
          z.strictObject({
            id: z.string(),
            kind: z.enum([...driftKinds, 'operation']),
            operation: z.string(),
            where: z.string().meta({ help: 'JSON pointer into the message' }),
            rule: z.string(),
            observed: jsonType.nullable(),
            pointer: z.string().meta({ help: 'JSON pointer into the document' }),
            adds: z.boolean().meta({ help: 'Describes more; else a rule goes or lets more pass' }),
            taken: z.boolean(),
            count: z.int(),
            firstAt: instant,
            lastAt: instant,
          }),
        ),
      }),
    ),
  changes: operation(
    'GET',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/changes',
    'api:read',
    'What publishing the draft would change',
  )
    .input(z.strictObject({ ...inVersion, environment: reference.optional() }))
    .output(
      z.strictObject({
        against: z
          .int()
          .nullable()
          .meta({ title: 'API revision it is compared with; null = never published' }),
        changes: z.array(change),
        findings: z.array(publishFinding).meta({
          title: 'What gateways would refuse, and routes that could never answer',
        }),
        impact: z.strictObject({ subscribers: z.int(), requestsLastDay: z.int() }),
      }),
    ),
  setLifecycle: operation(
    'POST',
    '/tenants/{tenant}/apis/{api}/versions/{apiVersion}/lifecycle',
    'api:publish',
    'Deprecate, retire or bring back a version',
    { concurrency: true, waitable: true },
  )
    .input(
      z.strictObject({
        ...inVersion,
        to: z.enum(['published', 'deprecated', 'retired']),
        sunsetAt: instant.nullable().default(null),
        successor: reference.nullable().default(null),
        note: z.string().max(1000).default(''),
      }),
    )
    .output(written({ apiVersion })),
}
