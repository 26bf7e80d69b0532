/// <reference types="vite/client" />

declare module 'virtual:contract-routes' {
  const routes: object
  export default routes
}

declare module 'virtual:model-schemas' {
  type JsonSchema = Readonly<Record<string, unknown>>
  export const selector: JsonSchema
  export const traffic: JsonSchema
  export const upstream: JsonSchema
}
