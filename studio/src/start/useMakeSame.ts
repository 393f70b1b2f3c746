// One press makes an example's very clip: the form is filled with it, so that the next change is a change of it.

import { useCards } from '../api/hooks';
import { EMPTY, useForm } from '../make/form';
import { useSend } from '../make/send';
import { useQuote } from '../make/useQuote';
import { language } from '../words';
import { EXAMPLES, type Example, formOf } from './examples';
import { useStart } from './store';

export function useMakeSame() {
  const card = useCards().data?.[0];
  const { send, sending, error } = useSend();
  const { quote } = useQuote({ ...EMPTY, ...formOf(EXAMPLES[0]!, language()) }, card); // one price for all of them
  const use = (example: Example) => {
    useForm.getState().fill(formOf(example, language()));
  };
  const make = (example: Example) => {
    if (sending) return;
    use(example);
    useStart.getState().show(false);
    void send(useForm.getState(), card);
  };
  return { make, use, sending, error, credits: quote?.credits_on ? quote.credits : null };
}
