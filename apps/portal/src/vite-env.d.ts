/// <reference types="vite/client" />

declare module 'virtual:contract-routes' {
  const routes: object
  export default routes
}

declare module 'virtual:upstream-schema' {
  const schema: Readonly<Record<string, unknown>>
  export default schema
}
