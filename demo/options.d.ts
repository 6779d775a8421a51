// Types of options.js, which has to run before TypeScript can (Node 20, nothing installed).
export interface DemoOptions {
  readonly once: boolean;
  readonly json: boolean;
  readonly help: boolean;
  /** Absolute. */
  readonly folder: string;
  /** Absolute. */
  readonly config?: string;
  readonly portBase?: number;
}
export const PORTS: number;
export const USAGE: string;
export function readOptions(words: readonly string[]): DemoOptions;
export function writeOptions(options: DemoOptions): string[];
