/** Injection tokens of what is made before Nest starts. */
export const AGGREGATES = Symbol('Aggregates');
export const REGISTRATION = Symbol('RegistrationProcess');
