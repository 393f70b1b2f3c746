import { Switch, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { told } from '../api/client';
import { useCredits } from '../api/hooks';
import type { TFunction } from 'i18next';
import type { Card, Quote } from '../api/types';
import { Segment } from '../parts/Segment';
import { figure, span } from '../parts/time';
import { Keys } from '../shell/Help';
import { useShortcut } from '../shell/shortcuts';
import { language } from '../words';
import { missing, type Missing } from './ask';
import { MAX_PROMPT, useForm, type FormValues } from './form';
import css from './send.module.css';
import { TOO_HIGH, useSend } from './send';
import type { Priced } from './useQuote';

const TAKES = [1, 2, 3, 4];
const WORTH_SAYING = 3; // seconds in the line

interface Props {
  form: FormValues; // as the model that is shown is asked
  card: Card | undefined;
  used: Card | undefined; // another one than `card` while that is tried on
  priced: Priced;
  phone: boolean;
  onJump: (field: string) => void; // to the place in the form that keeps it from working
}

/** Results, draft, and the big button: what it costs, what is left then, how long it takes. */
export function Send({ form, card, used, priced, phone, onJump }: Props) {
  const { t } = useTranslation('make');
  const { data: credits } = useCredits();
  const { send, sending, error, forget } = useSend();
  const [tried, setTried] = useState(false); // a form that is not filled in is no fault before somebody presses the button
  const trying = card !== used;
  const gap = missing(form, card);
  const { quote, fresh } = priced;
  const counted = quote?.credits_on ?? credits?.on ?? true;
  const unpriced = counted && card?.price === null;
  const draft = form.draft && Boolean(card?.format.steps);
  const short = counted && quote && credits && quote.credits > credits.available;

  const go = () => {
    if (sending) return;
    setTried(true);
    if (trying) return document.querySelector<HTMLElement>('[data-picker-row][tabindex="0"]')?.focus();
    if (gap) return onJump(gap.field);
    if (counted && !quote) return; // nobody agrees to a price that was not shown
    void send(form, card, counted && quote ? quote.credits : null);
  };
  useShortcut('mod+enter', go, t('generate.key'));

  const calm = gap !== null && !tried && gap.why.startsWith('need');
  const reason = why();
  function why(): string {
    if (trying && tried) return t('missing.tryFirst');
    if (gap) return words(gap);
    if (unpriced) return t('missing.noPrice');
    if (error?.code === TOO_HIGH && quote) return t('missing.dearer', { cost: figure(quote.credits) });
    if (error) return told(error);
    if (priced.error) return told(priced.error);
    if (quote?.refused) return t('refused', { rule: quote.refused.rule, message: quote.refused.message });
    if (tried && counted && !quote) return t('missing.pricing');
    if (short) return t('missing.credits', { now: figure(credits.available), cost: figure(quote.credits) });
    return '';
  }
  function words(what: Missing): string {
    return what.why === 'tooLong' ? t('missing.tooLong', { most: figure(MAX_PROMPT) }) : t(`missing.${what.why}`);
  }

  const quiet = Boolean(trying || gap || unpriced || short || quote?.refused);
  const price = counted
    ? quote && t('generate.credits', { count: quote.credits })
    : form.n > 1 && t('generate.clips', { count: form.n });

  return (
    <div className={css.send}>
      {!phone && <Takes card={card} used={used} />}
      <div className={css.sendRow}>
        {phone && <TakesButton />}
        <button
          type="button"
          className={css.generate}
          data-quiet={quiet || undefined}
          data-sending={sending || undefined}
          aria-describedby="send-foot"
          onClick={() => {
            forget();
            go();
          }}
        >
          <span>{sending ? t('generate.sending') : t(draft ? 'generate.draft' : 'generate.go')}</span>
          {price && !sending && (
            <>
              <i aria-hidden>·</i>
              <span data-stale={!fresh || undefined}>{price}</span>
            </>
          )}
          {!phone && <Keys keys="mod+enter" />}
        </button>
      </div>
      <div className={css.sendFoot} id="send-foot" aria-live="polite">
        {reason ? (
          <button
            type="button"
            className={css.reason}
            data-calm={calm || undefined}
            onClick={() => onJump(gap?.field ?? error?.field ?? 'prompt')}
          >
            {reason}
          </button>
        ) : (
          <>
            <span>
              {counted &&
                quote &&
                credits &&
                t('generate.balance', {
                  now: figure(credits.available),
                  after: figure(credits.available - quote.credits),
                })}
            </span>
            <span>{quote && time(quote, t)}</span>
          </>
        )}
      </div>
    </div>
  );
}

/** How long it takes, as this server has measured it; and how long it waits, where that is worth a word. */
function time({ run_seconds: run, wait_seconds: wait }: Quote, t: TFunction<'make'>): string {
  if (run === null) return t('generate.untimed');
  const told = (seconds: number) => span(Math.max(1, Math.round(seconds)), language());
  if (!wait || wait < WORTH_SAYING) return t('generate.time', { span: told(run) });
  return t('generate.timeWait', { span: told(run), wait: told(wait) });
}

function Takes({ card, used }: Pick<Props, 'card' | 'used'>) {
  const { t } = useTranslation(['make', 'picker']);
  const { n, draft, fill } = useForm();
  return (
    <div className={css.takes}>
      <span className={css.takesName}>{t('results')}</span>
      <Segment
        label={t('results')}
        value={n}
        onChange={(value) => fill({ n: value })}
        choices={TAKES.map((value) => ({ value, label: String(value), name: t('resultsCount', { count: value }) }))}
      />
      {used && used.format.steps > 0 && (
        <Tooltip label={card?.format.steps ? t('draftNote') : t('picker:without.draft')} multiline w={260}>
          <span className={css.draft}>
            <Switch
              label={t('draft')}
              labelPosition="left"
              checked={draft}
              disabled={!card?.format.steps}
              onChange={(event) => fill({ draft: event.currentTarget.checked })}
            />
          </span>
        </Tooltip>
      )}
    </div>
  );
}

/** On a phone one button goes through 1 to 4. */
function TakesButton() {
  const { t } = useTranslation('make');
  const { n, fill } = useForm();
  return (
    <button
      type="button"
      className={css.times}
      aria-label={t('resultsCount', { count: n })}
      onClick={() => fill({ n: (n % 4) + 1 })}
    >
      ×{n}
    </button>
  );
}
