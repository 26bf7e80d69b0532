// The closed catalogue of what an import can say about a document; docs/guides/openapi-import.md lists every entry.
import type { RefusalCode } from './read.ts'

/** `error`: the part named was left out of the import. `warning`: it was imported, and needs a look. */
export type Severity = 'error' | 'warning'

export const FINDINGS = {
  'additional-operation-invalid': {
    severity: 'error',
    title:
      'An entry of `additionalOperations` is not an upper-case method, or repeats one that has its own field',
  },
  'duplicate-operation-id': { severity: 'warning', title: 'Two operations have the same `operationId`' },
  'duplicate-parameter': {
    severity: 'error',
    title: 'A list of parameters holds the same name and place twice; the first is used',
  },
  'duplicate-route': {
    severity: 'error',
    title: 'Two operations answer the same method and path; the first is imported',
  },
  'enum-invalid': { severity: 'warning', title: 'An `enum` is empty or holds a value twice' },
  'equivalent-paths': {
    severity: 'warning',
    title: 'Two paths differ only in the names of their parameters; they are one path to a router',
  },
  'field-missing': { severity: 'warning', title: 'A field that the specification requires is missing' },
  'field-unknown': { severity: 'warning', title: 'A field is not part of the specification; it is ignored' },
  'field-wrong-type': { severity: 'warning', title: 'A field has another type than the specification says' },
  'method-unknown': {
    severity: 'error',
    title: 'A path item holds a field that is not a method of this OpenAPI version',
  },
  'mock-omitted': {
    severity: 'warning',
    title:
      'The examples of the document are larger than 10 million characters; further ones are not kept as mocks',
  },
  'no-operations': { severity: 'error', title: 'The document holds no operation that can be published' },
  'operation-invalid': { severity: 'error', title: 'An operation is not an object' },
  'parameter-invalid': {
    severity: 'error',
    title: 'A parameter has no usable name or place (`in`), or its `$ref` leads nowhere',
  },
  'path-invalid': {
    severity: 'error',
    title:
      'A path does not start with `/`, or its braces do not form parameters; its operations are left out',
  },
  'path-item-invalid': {
    severity: 'error',
    title: 'A path item is not an object, or its `$ref` leads nowhere',
  },
  'path-parameter-optional': {
    severity: 'warning',
    title: 'A path parameter is not marked `required: true`; it is required all the same',
  },
  'path-parameter-undeclared': {
    severity: 'warning',
    title: 'A path names a parameter that the operation does not declare; it is taken as text',
  },
  'path-parameter-unused': {
    severity: 'warning',
    title: 'A path parameter is declared that the path does not name',
  },
  'path-query-or-fragment': {
    severity: 'warning',
    title: 'A path holds `?` or `#`, which never reach a router; it is imported up to there',
  },
  'ref-cycle': { severity: 'warning', title: 'A `$ref` leads back to itself' },
  'ref-external': {
    severity: 'warning',
    title: 'A `$ref` points outside this document; other documents are never fetched',
  },
  'ref-unresolved': { severity: 'warning', title: 'A `$ref` points at nothing in this document' },
  'request-body-invalid': {
    severity: 'error',
    title: 'A request body is not an object, or its `$ref` leads nowhere',
  },
  'request-body-unexpected': {
    severity: 'warning',
    title: 'A GET, HEAD or TRACE operation has a request body, whose meaning HTTP leaves open',
  },
  'response-code-invalid': {
    severity: 'error',
    title: 'A response is not named by a status code, a class such as `4XX`, or `default`',
  },
  'response-invalid': {
    severity: 'error',
    title: 'A response is not an object, or its `$ref` leads nowhere',
  },
  'responses-missing': { severity: 'warning', title: 'An operation states no response' },
  'schema-contradiction': {
    severity: 'warning',
    title:
      'A schema contradicts itself: a minimum above its maximum, an array without items, a broken pattern',
  },
  'schema-type-unknown': { severity: 'warning', title: 'A schema `type` is not a type of JSON Schema' },
  'security-scheme-unknown': {
    severity: 'warning',
    title: 'A security requirement names a scheme that is not defined',
  },
  'server-invalid': { severity: 'error', title: 'A server URL cannot be read or is not http or https' },
  'server-relative': {
    severity: 'warning',
    title: 'A server URL is relative and the document came without a URL; the upstream must be entered',
  },
  'server-variable-undefined': {
    severity: 'warning',
    title: 'A server URL names a variable without a default',
  },
  'servers-missing': {
    severity: 'warning',
    title: 'The document names no server; the upstream must be entered',
  },
  'unsafe-key': {
    severity: 'error',
    title: 'A member named `__proto__`, or with a NUL or half a surrogate pair in its name, was dropped',
  },
  'upgrade-lossy': {
    severity: 'warning',
    title: 'A part of a Swagger 2.0 document has no counterpart in OpenAPI 3 and was left behind',
  },
  'version-not-text': {
    severity: 'warning',
    title: 'The version of the specification is a number, not text',
  },
} as const satisfies Record<string, { severity: Severity; title: string }>

export type FindingCode = keyof typeof FINDINGS

export const REFUSALS = {
  'alias-limit': 'YAML aliases contain themselves or expand beyond 1,500,000 values',
  'duplicate-key': 'One object holds the same key twice, so one of the two would be lost',
  empty: 'The file is empty or holds only white space',
  'invalid-json': 'The file starts like JSON but is not valid JSON',
  'invalid-utf8': 'The file is not UTF-8',
  'invalid-yaml': 'The file is not valid YAML 1.2',
  'memory-limit': 'Reading the file takes more memory than an import may have (1 GiB)',
  'multiple-documents': 'The file holds several YAML documents',
  'not-an-object': 'The document is a list or a single value',
  'not-openapi': 'The document is something else: HTML, AsyncAPI, Postman, JSON Schema, Swagger 1.x …',
  'nul-byte': 'The file holds NUL bytes: it is binary or UTF-16',
  'paths-invalid': '`paths` is not an object, so there is nothing to import',
  'time-limit': 'Reading the file takes longer than a minute',
  'too-deep': 'The document is nested deeper than 200 levels',
  'too-large': 'The file is larger than the limit (20 MiB unless the operator changes it)',
  'unsupported-version': 'The version is not 2.0, 3.0.x, 3.1.x or 3.2.x',
} as const satisfies Record<RefusalCode, string>
