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
import { MAX_PROMPT, useForm } from './form';
import css from './send.module.css';
import { useSend } from './send';
import { useQuote } from './useQuote';

const TAKES = [1, 2, 3, 4];
const WORTH_SAYING = 3; // seconds in the line

interface Props {
  card: Card | undefined;
  phone: boolean;
  onJump: (field: string) => void; // to the place in the form that keeps it from working
}

/** Results, draft, and the big button: what it costs, what is left then, how long it takes. */
export function Send({ card, phone, onJump }: Props) {
  const { t } = useTranslation('make');
  const form = useForm();
  const { data: credits } = useCredits();
  const priced = useQuote(form, card);
  const { send, sending, error, forget } = useSend();
  const [tried, setTried] = useState(false); // a form that is not filled in is no fault before somebody presses the button
  const gap = missing(form, card);
  const { quote, fresh } = priced;
  const counted = quote?.credits_on ?? credits?.on ?? true;
  const short = counted && quote && credits && quote.credits > credits.available;

  const go = () => {
    if (sending) return;
    setTried(true);
    if (gap) return onJump(gap.field);
    void send(form, card);
  };
  useShortcut('mod+enter', go, t('generate.key'));

  const calm = gap !== null && !tried && gap.why.startsWith('need');
  const reason = why();
  function why(): string {
    if (gap) return words(gap);
    if (error) return told(error);
    if (priced.error) return told(priced.error);
    if (quote?.refused) return t('refused', { rule: quote.refused.rule, message: quote.refused.message });
    if (short) return t('missing.credits', { now: figure(credits.available), cost: figure(quote.credits) });
    return '';
  }
  function words(what: Missing): string {
    return what.why === 'tooLong' ? t('missing.tooLong', { most: figure(MAX_PROMPT) }) : t(`missing.${what.why}`);
  }

  const quiet = Boolean(gap || short || quote?.refused);
  const price = counted
    ? quote && t('generate.credits', { count: quote.credits })
    : form.n > 1 && t('generate.clips', { count: form.n });

  return (
    <div className={css.send}>
      {!phone && <Takes />}
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
          <span>{sending ? t('generate.sending') : t(form.draft ? 'generate.draft' : 'generate.go')}</span>
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

function Takes() {
  const { t } = useTranslation('make');
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
      <Tooltip label={t('draftNote')} multiline w={260}>
        <span className={css.draft}>
          <Switch
            label={t('draft')}
            labelPosition="left"
            checked={draft}
            onChange={(event) => fill({ draft: event.currentTarget.checked })}
          />
        </span>
      </Tooltip>
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
