// Who may import whom (docs/architecture.md): shared ← apps, apps never apps, the gateway without Nest, Prisma and oRPC.
const tests = '(\\.(test|bench|fixture)\\.tsx?$|/(test|testing)/)'

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'apps-never-import-apps',
      comment: 'What two apps agree on belongs to packages/shared.',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'packages-never-import-apps',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
    },
    {
      name: 'shared-imports-zod-only',
      comment: 'Every app carries what shared imports; its contract alone may know oRPC.',
      severity: 'error',
      from: {
        path: '^packages/shared/src/',
        pathNot:
          '^packages/shared/src/(cedar/|contract/|sealing/|x509/|typescript[.]ts|validation/(schema-code|patterns)[.]ts)',
      },
      to: { pathNot: ['^packages/shared/', '/node_modules/zod/', '^node_modules/zod/'] },
    },
    {
      name: 'schema-code-is-for-servers',
      comment:
        'ajv and RE2: for the admin API, the gateway and tests, never for a browser, whose policies know their ports.',
      severity: 'error',
      from: { path: '^(apps/portal|packages)/', pathNot: '^packages/shared/src/validation/' },
      to: { path: '^packages/shared/(src|dist)/validation/(schema-|patterns|formats)' },
    },
    {
      name: 'cedar-is-for-servers',
      comment:
        'Megabytes of WebAssembly and node:module: for the admin API, the gateway and tests, never for a browser.',
      severity: 'error',
      from: { path: '^(apps/portal|packages)/', pathNot: '^packages/shared/src/(cedar|testing)/' },
      to: { path: '^packages/shared/(src|dist)/cedar/' },
    },
    {
      name: 'x509-is-for-servers',
      comment: 'Certificates and node:crypto: for the admin API and the gateway, never for a browser.',
      severity: 'error',
      from: { path: '^(apps/portal|packages)/', pathNot: '^packages/shared/src/x509/' },
      to: { path: '^packages/shared/(src|dist)/x509/' },
    },
    {
      name: 'x509-imports-node-only',
      severity: 'error',
      from: { path: '^packages/shared/src/x509/' },
      to: { pathNot: '^packages/shared/src/x509/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'sealing-is-for-servers',
      comment:
        'Keys and node:crypto: for the admin API and the gateway, never for a browser or the rest of shared.',
      severity: 'error',
      from: { path: '^(apps/portal|packages)/', pathNot: '^packages/shared/src/sealing/' },
      to: { path: '^packages/shared/(src|dist)/sealing/' },
    },
    {
      name: 'sealing-imports-node-only',
      severity: 'error',
      from: { path: '^packages/shared/src/sealing/' },
      to: { pathNot: '^packages/shared/src/sealing/', dependencyTypesNot: ['core'] },
    },
    {
      name: 'contract-imports-zod-and-orpc-only',
      severity: 'error',
      from: { path: '^packages/shared/src/contract/' },
      to: { pathNot: ['^packages/shared/', 'node_modules/zod/', 'node_modules/@orpc/contract/'] },
    },
    {
      name: 'gateway-stays-lean',
      comment: 'The data plane starts without Postgres and knows no control-plane framework.',
      severity: 'error',
      from: { path: '^apps/gateway/src/' },
      to: {
        path: [
          'node_modules/(@nestjs|@prisma|prisma|@orpc|pg|bullmq)/',
          '^packages/shared/(src|dist)/contract/',
        ],
      },
    },
    {
      name: 'portal-features-stand-alone',
      comment: 'What two features need belongs to forms/, charts/, ui/ or api/.',
      severity: 'error',
      from: { path: '^apps/portal/src/features/([^/]+)/' },
      to: { path: '^apps/portal/src/features/', pathNot: '^apps/portal/src/features/$1/' },
    },
    {
      name: 'cli-speaks-only-the-public-api',
      severity: 'error',
      from: { path: '^packages/cli/src/' },
      to: { path: 'node_modules/(@nestjs|@prisma|prisma|pg|ioredis)/' },
    },
    {
      name: 'products-never-import-tools',
      comment: 'scripts/, e2e/ and bench/ are for developers.',
      severity: 'error',
      from: { path: '^(apps|packages)/', pathNot: '^apps/[^/]+/(scripts|vite\\.config)' },
      to: { path: '^(scripts|e2e|bench|prisma|examples)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { path: '^(apps|packages|scripts|prisma|examples)/' },
      // A type goes away at run time, so a loop of types is no loop.
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'pre-compilation-only'] } },
    },
    {
      name: 'imports-resolve',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^virtual:' },
    },
    {
      name: 'products-declare-what-they-import',
      comment: 'A package that only the root or a development dependency brings is missing in the container.',
      severity: 'error',
      from: { path: '^(apps/(admin-api|gateway)|packages)/.*src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: '^packages/|/@types/' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    doNotFollow: { path: ['node_modules', '/dist/'] },
    // Tests may import what they like, and say `await using`, which the parser here does not know.
    exclude: { path: [tests, '/generated/', '^apps/[^/]+/dist/', '^packages/cli/dist/'] },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mts', '.js', '.mjs', '.cjs', '.json', '.css'],
      conditionNames: ['import', 'default', 'node', 'types'],
      exportsFields: ['exports'],
    },
  },
}
