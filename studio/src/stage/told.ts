// A time in words, in the chosen language: whole seconds, in minutes when there are many.

import { span } from '../parts/time';
import { language } from '../words';

export const told = (seconds: number) => span(Math.max(1, Math.round(seconds)), language());
