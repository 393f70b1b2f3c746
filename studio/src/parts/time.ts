// Numbers, lengths and dates as people read them, in the chosen language. Pure but for the clock in `since`.
import type { Language } from '../words';

/** "5 s", "1 min 20 s"; Chinese "5 秒". Short enough for a tag. */
export function span(seconds: number, language: Language): string {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  const rest = whole % 60;
  const [m, s] = language === 'zh' ? [' 分', ' 秒'] : [' min', ' s'];
  if (minutes === 0) return `${whole < 10 && seconds !== whole && seconds > 0 ? one(seconds) : whole}${s}`;
  return rest ? `${minutes}${m} ${rest}${s}` : `${minutes}${m}`;
}

function one(value: number): string {
  return (Math.round(value * 10) / 10).toString();
}

/** "5.1 s", always with its tenth; Chinese "5.1 秒". For players and cards, where lengths are compared. */
export function tenths(seconds: number, language: Language): string {
  return `${seconds.toFixed(1)}${language === 'zh' ? ' 秒' : ' s'}`;
}

/** 1234.5 as "1,234.5"; credits have at most two places. */
export function figure(value: number, places = 2): string {
  return new Intl.NumberFormat('en', { maximumFractionDigits: places }).format(value);
}

/** "23.9 MB" */
export function bytes(size: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let index = 0;
  while (size >= 1000 && index < units.length - 1) {
    size /= 1000;
    index += 1;
  }
  return `${figure(size, size < 10 && index ? 1 : 0)} ${units[index]}`;
}

/** A moment as the language writes it: "3 May, 14:05". `at` in seconds, as the server sends it. */
export function moment(at: number, language: Language, form: 'date' | 'time' | 'both' = 'both'): string {
  const date = { day: 'numeric', month: 'short' } as const;
  const time = { hour: '2-digit', minute: '2-digit', hour12: false } as const;
  const year = new Date(at * 1000).getFullYear() === new Date().getFullYear() ? {} : ({ year: 'numeric' } as const);
  const parts = form === 'date' ? { ...date, ...year } : form === 'time' ? time : { ...date, ...year, ...time };
  return new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', parts).format(at * 1000);
}

/** How long ago, in the largest unit that fits: "2 minutes ago". */
export function since(at: number, language: Language, now = Date.now() / 1000): string {
  const format = new Intl.RelativeTimeFormat(language === 'zh' ? 'zh-CN' : 'en', { numeric: 'auto' });
  const gone = Math.max(0, now - at);
  for (const [unit, length] of [
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const) {
    if (gone >= length) return format.format(-Math.floor(gone / length), unit);
  }
  return format.format(0, 'second');
}
