// Types of paths.js, which has to run before TypeScript can (Node 20, nothing installed).
export const projectFolder: string;
export const localFolder: string;
export const synapseFolder: string;
export const synapsePython: string;
export const synapseMarker: string;
export const node24: string;
