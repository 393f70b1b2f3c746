// A click on a word puts it where it belongs: a colour before the last thing, a motion behind the first (the only one
// that moves), a ground and a sky at their own places, each in the place of the one that stood there. What somebody
// wrote by hand stays. Pure.

import type { Language } from '../words';
import { AIMED, MOST_THINGS, SAID, type Word } from './lexicon';

/** The prompt with this word; null: it has as many things as a scene may have. */
export function write(prompt: string, word: Word, page: Language): string | null {
  const language = /[\u4e00-\u9fff]/.test(prompt) ? 'zh' : /[a-z]/i.test(prompt) ? 'en' : page;
  const text = prompt.trim().replace(/[.。]$/, '');
  return { en: writeEnglish, zh: writeChinese }[language](text, word);
}

interface Place {
  at: number; // where it begins
  end: number;
}

const any = (words: Iterable<string>) => [...words].sort((a, b) => b.length - a.length).join('|');
const put = (text: string, at: number, more: string, end = at) => text.slice(0, at) + more + text.slice(end);
const aims = (language: Language) => AIMED.map((value) => SAID[language].motion[value as 'orbit']);

function all(text: string, pattern: RegExp): Place[] {
  return [...text.matchAll(pattern)].map((found) => ({ at: found.index, end: found.index + found[0].length }));
}

// English: "A red ball bounces beside a blue cube on snow at sunset"

const EN = SAID.en;
const EN_NOUN = new RegExp(`\\b(?:${any(Object.values(EN.thing))}|sphere|box|pillar|tube|object)\\b`, 'gi');
const EN_GROUND = new RegExp(`\\bon (?:the )?(?:${any(Object.values(EN.ground))})\\b`, 'gi');
const EN_SKY = /\bat (?:noon|sunset|night)\b|,? ?\bovercast\b/gi;
const EN_MOTION = new RegExp(`^\\s+(?:${any(Object.values(EN.motion))}|pushes)\\b`, 'i');
const EN_COLOUR = new RegExp(`\\b(?:${any(Object.values(EN.colour).filter((word) => word !== 'metal'))})\\b`, 'i');
const EN_AIM = new RegExp(`\\b(?:${any([...aims('en'), 'pushes'])})$`);

function writeEnglish(text: string, word: Word): string | null {
  const nouns = all(text, EN_NOUN);
  const [ground] = all(text, EN_GROUND);
  const [sky] = all(text, EN_SKY);
  const last = nouns.at(-1);
  switch (word.kind) {
    case 'thing': {
      const nameless = nouns.find(({ at, end }) => text.slice(at, end).toLowerCase() === EN.thing.thing);
      if (nameless) return articles(put(text, nameless.at, EN.thing[word.value], nameless.end));
      if (nouns.length >= MOST_THINGS) return null;
      if (!last) return begun(`A ${EN.thing[word.value]}`, text);
      const at = nouns.length > 1 ? last.end : clauseEnd(text, last.end, ground, sky);
      const joint = nouns.length > 1 ? ' and' : EN_AIM.test(text.slice(0, at)) ? '' : ' beside';
      return put(text, at, `${joint} a ${EN.thing[word.value]}`);
    }
    case 'colour': {
      const said = EN.colour[word.value];
      if (!last) return begun(articles(`A ${said} ${EN.thing.thing}`), text);
      const before = text.slice(0, last.at);
      const looks = /(?:[\w-]+ )*$/.exec(
        before.slice(before.search(/\b(?:an?|the|one|two|three) (?!.*\b(?:an?|the) )/i)),
      )!;
      const from = last.at - looks[0].length;
      const colour = EN_COLOUR.exec(looks[0]);
      if (word.value === 'metal') return /\bmetal\b/i.test(looks[0]) ? text : put(text, last.at, 'metal ');
      if (colour) return articles(put(text, from + colour.index, said, from + colour.index + colour[0].length));
      const metal = /\bmetal /i.exec(looks[0]);
      return articles(put(text, metal ? from + metal.index : last.at, `${said} `));
    }
    case 'motion': {
      const said = EN.motion[word.value];
      if (!nouns[0]) return begun(`A ${EN.thing.thing} ${said}`, text);
      const { end } = nouns[0];
      const old = EN_MOTION.exec(text.slice(end));
      return aimed(put(text, end, ` ${said}`, end + (old?.[0].length ?? 0)), end, said);
    }
    case 'ground': {
      const said = `on ${EN.ground[word.value]}`;
      if (ground) return put(text, ground.at, text[ground.at] === 'O' ? upper(said) : said, ground.end);
      if (!text) return upper(said);
      return spaced(text, sky && sky.at > 0 ? sky.at : clauseEnd(text, last?.end ?? 0), said);
    }
    case 'sky': {
      const said = word.value === 'overcast' ? ', overcast' : ` at ${EN.sky[word.value]}`;
      const whole = sky && { at: sky.at - (text[sky.at - 1] === ' ' ? 1 : 0), end: sky.end };
      if (whole && whole.at <= 0) return upper(said.replace(/^,? /, '')) + text.slice(whole.end);
      if (whole) return put(text, whole.at, said, whole.end);
      if (!text) return upper(said.replace(/^,? /, ''));
      return put(text, ground?.end ?? clauseEnd(text, last?.end ?? 0), said);
    }
  }
}

/** Where what the first thing does ends: before the ground, the sky, or the next clause. */
function clauseEnd(text: string, from: number, ...settings: (Place | undefined)[]): number {
  const comma = text.indexOf(',', from);
  const ends = settings.flatMap((place) => (place && place.at > from ? [place.at] : []));
  const end = Math.min(comma < 0 ? text.length : comma, ...ends);
  return text[end - 1] === ' ' ? end - 1 : end;
}

/** A scene that began with its ground or sky gets its thing before them. */
function begun(said: string, text: string): string {
  if (!text) return said;
  return /^overcast/i.test(text) ? `${said}, ${lower(text)}` : `${said} ${lower(text)}`;
}

/** What is hit stands behind "hits": "beside" goes, and comes back when the ball does something else. */
function aimed(text: string, from: number, said: string): string {
  const rest = text.slice(from + said.length + 1);
  const aim = EN_AIM.test(said);
  if (aim) return text.slice(0, text.length - rest.length) + rest.replace(/^ beside /, ' ');
  return text.slice(0, text.length - rest.length) + rest.replace(/^ (?=an? )/, ' beside ');
}

const spaced = (text: string, at: number, said: string) => {
  const before = text.slice(0, at).trimEnd();
  const after = text.slice(at).trimStart();
  return `${before} ${said}${after && !after.startsWith(',') ? ' ' : ''}${after}`;
};
const articles = (text: string) =>
  text.replace(/\b(a)n?(?= ([a-z]))/gi, (_all, a: string, next: string) => a + (/[aeiou]/i.test(next) ? 'n' : ''));
const upper = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);
const lower = (text: string) => text.slice(0, 1).toLowerCase() + text.slice(1);

// Chinese: "日落时，一个红色的球在雪地上弹跳，旁边是一个蓝色的立方体"

const ZH = SAID.zh;
const ZH_NOUN = new RegExp(any([...Object.values(ZH.thing), '方块', '锥体', '圆筒', '东西']), 'g');
const ZH_GROUND = new RegExp(`(?:${any(Object.values(ZH.ground))})`, 'g');
const ZH_SKY = new RegExp(`(?:${any([...Object.values(ZH.sky), '日落', '夜里'])})`, 'g');
const ZH_MOTION = new RegExp(`^(在(?:${any(Object.values(ZH.ground))})上)?(${any(Object.values(ZH.motion))})?`);
const ZH_COLOUR = new RegExp(`(?:${any(Object.values(ZH.colour).filter((word) => word !== '金属'))})(?=[^，]*$)`);
const ZH_AIM = new RegExp(`(?:${any(aims('zh'))})$`);

function writeChinese(text: string, word: Word): string | null {
  const nouns = all(text, ZH_NOUN);
  const [ground] = all(text, ZH_GROUND);
  const [sky] = all(text, ZH_SKY);
  const last = nouns.at(-1);
  switch (word.kind) {
    case 'thing': {
      const said = ZH.thing[word.value];
      const nameless = nouns.find(({ at, end }) => text.slice(at, end) === ZH.thing.thing);
      if (nameless) return put(text, nameless.at, said, nameless.end);
      if (nouns.length >= MOST_THINGS) return null;
      if (!last) return `${text}一个${said}`;
      if (nouns.length > 1) return put(text, last.end, `和一个${said}`);
      const camera = text.search(/，(?:镜头|摄像机)/);
      const at = camera < last.end ? text.length : camera;
      return put(text, at, ZH_AIM.test(text.slice(0, at)) ? `一个${said}` : `，旁边是一个${said}`);
    }
    case 'colour': {
      const said = ZH.colour[word.value];
      const metal = word.value === 'metal';
      if (!last) return `${text}一个${metal ? said : `${said}的`}${ZH.thing.thing}`;
      const from = text.lastIndexOf('一个', last.at) < 0 ? 0 : text.lastIndexOf('一个', last.at);
      const looks = text.slice(from, last.at);
      if (metal) return looks.includes(said) ? text : put(text, last.at, said);
      const colour = ZH_COLOUR.exec(looks);
      if (colour) return put(text, from + colour.index, said, from + colour.index + colour[0].length);
      return put(text, looks.includes(ZH.colour.metal) ? from + looks.indexOf(ZH.colour.metal) : last.at, `${said}的`);
    }
    case 'motion': {
      const said = ZH.motion[word.value];
      if (!nouns[0]) return `${text}一个${ZH.thing.thing}${said}`;
      const { end } = nouns[0];
      const [, where = '', old = ''] = ZH_MOTION.exec(text.slice(end))!;
      const rest = text.slice(end + where.length + old.length);
      const aim = ZH_AIM.test(said);
      const after = aim ? rest.replace(/^，旁边是/, '') : rest.replace(/^(?=一个)/, '，旁边是');
      return text.slice(0, end) + where + said + after;
    }
    case 'ground': {
      const said = ZH.ground[word.value];
      if (ground) return put(text, ground.at, said, ground.end);
      return nouns[0] ? put(text, nouns[0].end, `在${said}上`) : `${text}${said}上`;
    }
    case 'sky': {
      const said = ZH.sky[word.value];
      return sky ? put(text, sky.at, said, sky.end) : text ? `${said}，${text}` : `${said}，`;
    }
  }
}
