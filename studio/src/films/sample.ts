// The sample film that Vitascope comes with, as scripts. The built-in model can draw all of it.
import morning from '../../../vitascope/film/samples/morning.fountain?raw';
import qingchen from '../../../vitascope/film/samples/qingchen.txt?raw';
import type { Language } from '../words';

export const sample = (language: Language): string => (language === 'zh' ? qingchen : morning);
