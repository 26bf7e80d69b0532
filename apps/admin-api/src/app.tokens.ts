// Injection tokens of what is not a class.
export const ENV = Symbol('Env')
