// Prompts to begin with: things, grounds and skies that the built-in model draws best. Each was made and looked at.
export const EXAMPLES = ['cube', 'ball', 'drop', 'night', 'metal'] as const;
export type Example = (typeof EXAMPLES)[number];
