// The package: the interface, its errors, and the plan for those who want to look at it.

export * from './runtime.ts';
export { SpecError, TwinboxError, type ErrorCode } from './errno.ts';
export { compile, compileProcess, type Facts, type Step } from './plan.ts';
export { printPlan } from './plan/print.ts';
