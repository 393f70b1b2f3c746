// What the model makes of the chosen shape and length, as the server says it: before the press, not after.
import { useTranslation } from 'react-i18next';
import type { Card, Quote } from '../api/types';
import { figure } from '../parts/time';
import { aspectFor, givenSize, secondsOf } from './ask';
import type { FormValues } from './form';
import { ratioOf, sizeOf } from './shapes';

const [SHAPE, LENGTH] = [0.01, 0.01]; // shares and seconds that are one

interface Props {
  form: FormValues;
  card: Card | undefined;
  quote: Quote | undefined;
}

export function Made({ form, card, quote }: Props) {
  const { t } = useTranslation(['make', 'pages']);
  if (!quote || !card) return <p className="cap">&nbsp;</p>;
  const { width, height } = sizeOf(quote.size);
  const size = `${width} × ${height}`;
  const aspect = aspectFor(form, card);
  const other = !givenSize(form, card) && Math.abs(width / height / ratioOf(aspect) - 1) > SHAPE;
  const [asked, made] = [secondsOf(form, card), Number(quote.seconds)];
  const longer = form.mode !== 'extend' && Math.abs(asked - made) >= LENGTH;
  const seconds = (value: number) => t('seconds.value', { count: Number(figure(value)) });
  const parts = [
    other ? t('made.other', { asked: aspect, made: size }) : size,
    ...(form.mode === 'still' || form.mode === 'extend'
      ? []
      : [longer ? t('made.other', { asked: seconds(asked), made: seconds(made) }) : seconds(made)]),
  ];
  return <p className="cap">{t('made.as', { what: parts.join(t('pages:comma')) })}</p>;
}
