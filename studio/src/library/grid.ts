// Where the cards of a grid stand, by the width that it has. Every card is as high as its picture and two lines of
// words, so nothing has to be measured and nothing jumps. Pure.

const WORDS = 43; // pixels under a picture: its name, its facts and what parts them
const LEAST = 200; // pixels of a card where there is room for more than three
const MOST = 0.21; // of the width, for one card: never more than four in a row

export interface Places {
  columns: number;
  across: number; // from the left edge of one card to that of the next
  width: number; // of a card
  down: number; // the same from top to top
}

export function places(width: number): Places {
  const narrow = width < 560;
  const gap = narrow ? 12 : 16;
  const room = Math.floor((width + gap) / (Math.max(LEAST, width * MOST) + gap));
  const columns = width < 320 ? 1 : narrow ? 2 : width < 860 ? 3 : Math.max(3, room);
  const card = (width - gap * (columns - 1)) / columns;
  return { columns, across: card + gap, width: card, down: Math.ceil((card * 9) / 16) + WORDS + (narrow ? 16 : 20) };
}
