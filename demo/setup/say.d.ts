// Types of say.js, which has to run before TypeScript can (Node 20, nothing installed).
export class SetUpError extends Error {}
export function say(line: string): void;
export function sayFault(error: unknown): void;
export function sayWhileRunning<T>(line: string, work: () => Promise<T>): Promise<T>;
