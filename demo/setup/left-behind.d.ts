// Types of left-behind.js, which has to run before TypeScript can (Node 20, nothing installed).
export function findLeftBehind(folder: string): { pid: number; command: string }[];
export function endLeftBehind(folder: string): string[];
