// One press makes an example's very clip: the form is filled with it, so that the next change is a change of it.

import { useCards } from '../api/hooks';
import { EMPTY, useForm } from '../make/form';
import { isWorld } from '../make/format';
import { useSend } from '../make/send';
import { useQuote } from '../make/useQuote';
import { nameOf } from '../models/takes';
import { language } from '../words';
import { EXAMPLES, type Example, formOf } from './examples';
import { useStart } from './store';

export function useMakeSame() {
  const cards = useCards().data;
  const card = cards?.find(isWorld); // the model that drew them
  const model = card ? nameOf(card) : '';
  const { send, sending, error } = useSend();
  const { quote } = useQuote({ ...EMPTY, ...formOf(EXAMPLES[0]!, language()), model }, card); // one price for all of them
  const use = (example: Example) => {
    useForm.getState().fill({ ...formOf(example, language()), model });
  };
  const credits = quote?.credits_on ? quote.credits : null;
  const make = (example: Example) => {
    if (sending || !quote) return;
    use(example);
    useStart.getState().show(false);
    void send(useForm.getState(), card, credits);
  };
  return { here: !cards || card !== undefined, make, use, sending, error, credits };
}
