import type { Placed } from '../document';
import type { Film } from '../edits';

/** What the script, the board and the list are given. */
export interface BoardProps {
  here: Film;
  shots: readonly Placed[];
  lengths: Readonly<Record<string, string>>; // of shots, as they are shown in the cut
  current: string; // the chosen shot; empty: none
  onChoose: (id: string, open?: boolean) => void;
}
